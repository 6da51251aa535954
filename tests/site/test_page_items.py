"""The tests that a page is made of: outputs compared, claims recomputed after the last block."""

from dataclasses import replace

import pytest

from whiteboard.site.page_items import run_or_skip
from whiteboard.site.runner import BlockError, PageRun, whole_program

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


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (["print(1)", ">2"], "*docs/page.md:7: the output differs:"),
        (["print(1)", ">2"], "-2"),
        (["print(1)", ">2"], "+1"),
        (["print(1)"], "*docs/page.md:5: the block prints and no output fence follows:"),
        (["x = 1", ">1"], "*docs/page.md:7: an output fence follows, and the block prints nothing"),
    ],
)
def test_the_output_is_compared(project, parts, says):
    project.write(PAGE, page(*parts))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([says])


def test_a_wrong_output_does_not_hide_the_ones_after(project):
    project.write(PAGE, page("x = 1\nprint(x)", ">2", "print(x)", ">3"))
    project.run().assert_outcomes(passed=1, failed=2)


def test_a_page_edited_meanwhile_is_not_rewritten(project):
    edit = f"with open({PAGE!r}, 'a') as page:\n    page.write('More.')\nprint(1)"
    path = project.write(PAGE, page(edit, ">2"))
    before = path.read_text()
    result = project.run("docs/", "--update-outputs")
    result.stdout.fnmatch_lines(["docs/page.md has changed while it ran*"])
    assert path.read_text() == before + "More."


FRONT = """\
---
number: 2
section: architecture
levels: [junior, mid, senior]
week: 1
tags: [kv cache]
cards:
  - {front: "a", back: "b"}
  - {front: "c", back: "d"}
claims:
  - id: q02-c3
    says: "s"
    verdict: holds
    checks:
      - {expr: "size(2)", value: 4}
      - {expr: "size(3)", value: VALUE}
  - id: q02-c4
    says: "s"
    verdict: holds
    checks:
      - {expr: "name", value: "gqa"}
---
"""


QUESTION = "docs/architecture/q02-kv-cache.md"


PART = (QUESTION, "-k", "not contract")


CODE = ("def size(x):\n    return 2 * x", "name = 'gqa'")


def test_claims_are_recomputed_after_the_last_block(project):
    project.write(QUESTION, FRONT.replace("VALUE", "6") + page(*CODE))
    project.run(*PART).assert_outcomes(passed=6, deselected=1)
    project.write(QUESTION, FRONT.replace("VALUE", "7") + page(*CODE))
    result = project.run(*PART)
    result.assert_outcomes(passed=5, failed=1, deselected=1)
    result.stdout.fnmatch_lines(["*claim q02-c3.2: `size(3)`: wanted 7, got 6*"])


def test_a_claim_alone_runs_the_page_first(project):
    project.write(QUESTION, FRONT.replace("VALUE", "6") + page(*CODE))
    project.run("docs/", "-k", "q02-c4").assert_outcomes(passed=1, deselected=6)


def test_claims_are_skipped_when_the_page_fails(project):
    project.write(QUESTION, FRONT.replace("VALUE", "6") + page(CODE[0], "1 / 0"))
    result = project.run(*PART)
    result.assert_outcomes(passed=2, failed=1, skipped=3, deselected=1)
    result.stdout.fnmatch_lines(
        ["SKIPPED * the block at docs/architecture/q02-kv-cache.md:* failed"]
    )


def test_what_a_failed_block_leaves_undone_is_skipped_with_its_name(tmp_path):
    broken, after = whole_program("1 / 0\n"), replace(whole_program("print(1)\n"), line=5)
    run = PageRun(tmp_path / "page.md", tmp_path, [broken, after])
    with pytest.raises(BlockError, match="ZeroDivisionError"):
        run_or_skip(run, broken.line)
    with pytest.raises(pytest.skip.Exception, match=r"the block at page\.md:0 failed"):
        run_or_skip(run, after.line)
