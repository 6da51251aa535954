"""A page reads no file that its record does not know."""

PAGE = "docs/page.md"


def page(code):
    return f"# Page\n\n```{{.python}}\n{code}\n```\n"


def test_a_file_that_nothing_names_fails_the_page(project):
    project.write("numbers.txt", "1")
    project.write(PAGE, page("from pathlib import Path\nx = Path('numbers' + '.txt').read_text()"))
    result = project.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["docs/page.md reads numbers.txt, and neither its text nor what it imports names*"]
    )


def test_a_file_that_the_page_names_is_an_input(project):
    project.write("numbers.txt", "1")
    project.write(PAGE, page("from pathlib import Path\nx = Path('numbers.txt').read_text()"))
    project.run().assert_outcomes(passed=2)


def test_a_file_that_the_page_writes_is_none(project):
    project.write(PAGE, page("with open('numbers' + '.txt', 'w') as f:\n    f.write('1')"))
    project.run().assert_outcomes(passed=2)


def test_a_module_that_nothing_imports_by_name_fails_the_page(project, monkeypatch):
    project.write("src/read_apart.py", "x = 1\n")
    monkeypatch.syspath_prepend(str(project.root / "src"))
    project.write(PAGE, page("import importlib\nimportlib.import_module('read' + '_apart')"))
    result = project.run()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["docs/page.md reads src/read_apart.py, and*"])


def test_so_does_a_program(project):
    project.write("numbers.txt", "1")
    project.write(
        "snippets/a.py", "from pathlib import Path\nx = Path('numbers' + '.txt').read_text()\n"
    )
    project.write(
        PAGE,
        page("x = 1")
        + '\n```{.python continuation title="snippets/a.py"}\n--8<-- "snippets/a.py"\n```\n',
    )
    result = project.run()
    result.assert_outcomes(passed=3, errors=1, failed=1)
    result.stdout.fnmatch_lines(["snippets/a.py reads numbers.txt, and*"])
