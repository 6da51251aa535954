"""Guards: each is provoked, and turns `pytest docs/` red."""

import pytest

from whiteboard.site.guards import is_python, page_problems

PAGE = "docs/page.md"
ROOT_CONFIG = "mkdocs.yml"
GOOD = """\
# Page

[The end](#the-end), a [claim's](other.md).

```{.python notest title="src/code.py"}
--8<-- "src/code.py"
```

```{.python title="The first"}
print(1)
```

```{.text .output title="Output"}
1
```

!!! note

    ```{.python continuation hl_lines="1"}
    x = 1
    ```

## The end
"""


def problems(project, text):
    project.write("src/code.py", "y = 1\n")
    return page_problems(project.write(PAGE, text), project.root)


def test_a_page_that_keeps_the_rules_passes(project):
    assert problems(project, GOOD) == []
    assert problems(project, GOOD.replace(".output", ".output .table")) == []


HEADERS = [
    "python continuation",
    "python {continuation}",
    "{.python .continuation}",
    "{.python continued}",
    "{ .python continuation }",
    "Python",
    "{.Python continuation}",
    "py",
    "pycon",
    "ipython3",
    '{.python continuation title="why notest here"}',
    "{.python continuation title='single'}",
    "text output",
    "{.text output}",
    "{.text .output .more}",
    "{.pyhton continuation}",
    "pzthon",
    "",
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_only_looks_right_is_refused(project, header):
    problem = problems(project, f"{GOOD}\n```{header}\nz = 1\n```\n")[0]
    assert problem.startswith("docs/page.md:25: ")
    assert "header" in problem or "title" in problem


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('{.python title="The first"}', "{.python continuation}", 9, "nothing to continue"),
        ('continuation hl_lines="1"', 'hl_lines="1"', 19, "{.python continuation}"),
        ("continuation hl_lines", "notest hl_lines", 19, "may say notest"),
        ('--8<-- "src/code.py"', '--8<-- "src/code.py"\nx = 1', 5, "may say notest"),
        ('"src/code.py"', '"docs/page.md"', 5, "may say notest"),
        ('"src/code.py"', '"src/gone.py"', 6, "src/gone.py"),
        (' title="src/code.py"', "", 5, 'title="src/code.py"'),
        ('title="src/code.py"', 'title="src/xode.py"', 5, 'title="src/code.py"'),
        ("print(1)", "\n".join(["print(1)"] * 26), 9, "26 lines: wanted at most 25"),
        ("print(1)", f"print(1){'#':>93}", 9, "101 characters: wanted at most 100"),
        ("!!! note", "```{.text .output}\n2\n```\n\n!!! note", 17, "follows no block"),
        ("\n1\n```\n", "\n...\n```\n", 13, "shows nothing"),
        ("\n1\n```\n", "\n\n```\n", 13, "--update-outputs"),
        ("## The end", "$\\frac{a{r}$", 23, "formula $"),
        ("(#the-end)", "(#the-and)", 3, "#the-and leads nowhere"),
    ],
)
def test_a_broken_rule_is_named_with_its_line(project, old, new, line, says):
    assert old in GOOD
    (problem,) = problems(project, GOOD.replace(old, new))
    assert problem.startswith(f"docs/page.md:{line}: ")
    assert says in problem


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            '<pre><code class="language-python">x = 1</code></pre>',
            "4 Python blocks and the tests see 3",
        ),
        ("> ```{.python continuation}\n> x = 1\n", "3 Python blocks and the tests see 4"),
        ("Text.\n\n    x = 1\n", "the site draws 5 code blocks"),
        ('--8<-- "src/part.md"', "4 Python blocks and the tests see 3"),
        ("```{.python continuation}\nx = 1\n", "3 Python blocks and the tests see 4"),
    ],
    ids=["raw html", "unclosed quote", "indented", "included markdown", "unclosed"],
)
def test_code_drawn_and_not_run_is_found(project, more, says):
    project.write("src/part.md", "```{.python continuation}\nx = 1\n```\n")
    found = " ".join(problems(project, f"{GOOD}\n{more}"))
    assert says in found


def test_a_whole_program_on_a_page_is_short(project):
    project.write("snippets/long.py", "x = 1\n" * 61)
    page = '# Page\n\n```{.python title="snippets/long.py"}\n--8<-- "snippets/long.py"\n```\n'
    assert problems(project, page) == [
        "docs/page.md:3: snippets/long.py has 61 lines: wanted at most 60"
    ]
    project.write("snippets/long.py", "x = 1\n" * 60)
    assert problems(project, page) == []


def test_front_matter_of_a_question_is_checked(project):
    path = project.write("docs/architecture/q02-kv-cache.md", "---\nnumber: 2\n---\n# Page\n")
    assert any("`cards`: missing" in problem for problem in page_problems(path, project.root))


def test_the_tests_turn_red(project):
    project.write(PAGE, "# Page\n\n```{.python}\nx = 1\n```\n\n```Python\ny = 1\n```\n")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["docs/page.md:7: header `Python`: wanted *"])


def test_a_missing_include_turns_only_its_own_page_red(project):
    project.write(PAGE, '# Page\n\n```{.python}\n--8<-- "snippets/gone.py"\n```\n')
    project.write("docs/other.md", "# Page\n\n```{.python}\nx = 1\n```\n")
    result = project.run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["docs/page.md:4: *snippets/gone.py*"])


@pytest.mark.parametrize(
    "name", ["python", "Python", "py", "py3", "pycon", "ipython3", "python3.11"]
)
def test_names_of_python(name):
    assert is_python(name)
    assert not is_python("text")
    assert not is_python("pytb")
