"""`pytest docs/`: what it collects, and `--update-outputs`."""

from types import SimpleNamespace

from whiteboard.site.pytest_plugin import Pages

PAGE = "docs/page.md"


def page(*parts):
    """A page of blocks; a part starting with `>` is the output of the block above."""
    text, first = ["# Page"], True
    for part in parts:
        if part.startswith(">"):
            text.append(f'```{{.text .output title="Output"}}\n{part[1:]}\n```')
        else:
            text.append(f"```{{.python{'' if first else ' continuation'}}}\n{part}\n```")
            first = False
    return "\n\n".join(text) + "\n"


def test_outputs_are_rewritten_in_place(project):
    folded = "!!! note\n\n    ```{.python continuation}\n    print(2)\n    ```\n\n"
    folded += '    ```{.text .output title="Output"}\n    old\n    text\n    ```\n'
    path = project.write(PAGE, page("print('took 3 s')", ">took ... s", "print(1)") + "\n" + folded)
    project.run("docs/", "--update-outputs").assert_outcomes(passed=4)
    project.run().assert_outcomes(passed=4)
    text = path.read_text()
    assert "took ... s" in text
    assert '    ```{.text .output title="Output"}\n    2\n    ```\n' in text
    project.run("docs/", "--update-outputs").assert_outcomes(passed=4)
    assert path.read_text() == text


def test_no_program_is_imported_for_its_docstrings(project):
    program = 'open("ran.txt", "w")\n"""\n```python\n1 / 0\n```\n"""\n'
    project.write("docs/labs/lab.py", program)
    project.write("tests/helper.py", program)
    project.write(PAGE, page("x = 1"))
    project.run("docs/", "tests/").assert_outcomes(passed=2)
    assert not project.root.joinpath("ran.txt").exists()


def test_only_the_docs_folder_is_collected_as_pages(tmp_path):
    pages = Pages(SimpleNamespace(rootpath=tmp_path))
    for folder in ("tests", "docs/architecture", "other/docs"):
        assert pages.pytest_collect_directory(tmp_path / folder, None) is None
