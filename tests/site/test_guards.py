"""Guards: each is provoked, and turns `pytest docs/` red."""

import os

import pytest
from mkdocs.utils import yaml_load

from whiteboard.figures import drawing as figures
from whiteboard.site.guards import LINKS, is_python, link_settings, page_problems
from whiteboard.site.snippet_items import STARTED

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


EMBEDS = """\
# Page

```{.python title="snippets/a/q02_run.py"}
--8<-- "snippets/a/q02_run.py:part"
```
"""


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\nprint(x, __file__)\n", ""),
        ("# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\nprint(x / 0)\n", "q02_run.py:4: Zero"),
        (
            "# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\nif __name__ == '__main__':\n  y\n",
            ":5:",
        ),
        (
            "import jax\n# --8<-- [start:part]\nx = 1\n# --8<-- [end:part]\n"
            "jax.config.update('jax_enable_x64', True)\n",
            "jax_enable_x64 was False",
        ),
    ],
)
def test_a_snippet_runs_whole(project, program, says):
    project.write("snippets/a/q02_run.py", program)
    project.write(PAGE, EMBEDS)
    result = project.run()
    result.assert_outcomes(passed=3 - bool(says), failed=bool(says))
    if says:
        result.stdout.fnmatch_lines([f"*{says}*"])


WHOLE = EMBEDS.replace(":part", "")
BEFORE = "```{.python}\nx = 1\n```\n\n" + WHOLE.replace("{.python", "{.python continuation")
BROKEN = WHOLE + '\n```{.python}\n--8<-- "snippets/gone.py"\n```\n'


@pytest.mark.parametrize(
    ("page", "runs"),
    [(WHOLE, 1), (EMBEDS, 2), (BEFORE, 2), (BROKEN, 1)],
    ids=["whole", "part", "before", "broken"],
)
def test_a_snippet_that_a_page_begins_with_runs_once(project, page, runs):
    """Where anything stands before it, a name could be missing: there it runs alone too."""
    program = "with open('runs.txt', 'a') as file:\n    file.write('x')\n"
    project.write("snippets/a/q02_run.py", f"# --8<-- [start:part]\n{program}# --8<-- [end:part]\n")
    project.write(PAGE, page)
    assert project.run().parseoutcomes().get("failed", 0) == (page == BROKEN)
    assert len((project.root / "runs.txt").read_text("utf8")) == runs


def test_a_snippet_that_no_page_uses_is_refused(project):
    project.write("snippets/a/q02_run.py", "x = 1\n")
    project.write("docs/index.md", "# Page about snippets/a/q02_run.py\n")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["snippets/a/q02_run.py: no page of docs/ embeds or draws it"])


@pytest.mark.parametrize(
    ("returns", "says"),
    [
        ("Figure()", ""),
        ("None", "must return a Figure"),
        ("1 / 0", "ZeroDivisionError"),
        ("jax.config.update('jax_enable_x64', True) or Figure()", "jax_enable_x64 was False"),
    ],
)
def test_a_figure_is_drawn(project, returns, says):
    figure = (
        f"import jax\nfrom matplotlib.figure import Figure\ndef figure():\n    return {returns}\n"
    )
    project.write("snippets/a/q02_figure_cost.py", figure)
    project.write("docs/index.md", "# Page\n\n![The cost](figure:q02_figure_cost)\n")
    result = project.run()
    result.assert_outcomes(passed=2 - bool(says), failed=bool(says))
    if says:
        result.stdout.fnmatch_lines([f"*{says}*"])


@pytest.mark.parametrize("age", [60, -60], ids=["older", "changed since"])
def test_the_build_takes_the_drawing_if_the_program_is_older_than_the_run(project, age):
    figure = "from whiteboard.figures import subplots\ndef figure():\n    return subplots()[0]\n"
    program = project.write("snippets/a/q02_figure_cost.py", figure)
    os.utime(program, (STARTED - age, STARTED - age))
    project.write("docs/index.md", "# Page\n\n![The cost](figure:q02_figure_cost)\n")
    project.run().assert_outcomes(passed=2)
    kept = [path.read_text() for path in project.root.glob(".cache/figures/q02_figure_cost-*.svg")]
    assert kept == ([figures.draw(program)] if age > 0 else [])


def test_a_page_alone_does_not_run_the_snippets(project):
    project.write("snippets/a/q02_run.py", "x = 1\n")
    project.write(PAGE, "# Page\n\n```{.python}\nx = 1\n```\n")
    project.run(PAGE).assert_outcomes(passed=2)


def test_a_dead_link_fails_the_build(pytestconfig):
    config = yaml_load((pytestconfig.rootpath / ROOT_CONFIG).read_text("utf8"))
    assert link_settings(config) == []
    for part, names in LINKS.items():
        for name in names:
            broken = {**config["validation"], part: {**config["validation"][part], name: "info"}}
            (problem,) = link_settings({**config, "validation": broken})
            assert f"validation.{part}.{name}" in problem
    assert link_settings({**config, "strict": False})


@pytest.mark.parametrize(
    "name", ["python", "Python", "py", "py3", "pycon", "ipython3", "python3.11"]
)
def test_names_of_python(name):
    assert is_python(name)
    assert not is_python("text")
    assert not is_python("pytb")
