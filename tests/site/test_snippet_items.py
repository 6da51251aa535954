"""The programs of snippets/: each stands in a page, and runs whole, once."""

import os

import pytest

from whiteboard.figures import drawing as figures
from whiteboard.site.snippet_items import STARTED

PAGE = "docs/page.md"


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
