"""The time a page may take: what is over it fails, and says which blocks are slow."""

import time

from whiteboard.site import budget
from whiteboard.site.budget import Spent

SLOW = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end:\n    pass"


def page(*blocks):
    first, *later = (f"\n{block}\n```\n" for block in blocks)
    return "\n".join(
        ["# Page\n\n```{.python}" + first, *("```{.python continuation}" + b for b in later)]
    )


def test_a_page_over_its_budget_fails_with_its_slow_blocks(project, monkeypatch):
    monkeypatch.setattr(budget, "BUDGET", 0.5)
    project.write("docs/page.md", page("x = 1", SLOW.format(0.6), SLOW.format(0.1)))
    project.write("docs/quick.md", page("x = 1"))
    result = project.run()
    result.assert_outcomes(passed=6, errors=1)
    result.stdout.fnmatch_lines(
        [
            "docs/page.md: its code took 1 s of processor time; wanted at most 0*"
            "The slowest: line 7 0.6 s, line 14*"
        ]
    )


def test_waiting_is_not_counted(project, monkeypatch):
    monkeypatch.setattr(budget, "BUDGET", 0.5)
    project.write("docs/page.md", page("import time\ntime.sleep(0.6)"))
    project.run().assert_outcomes(passed=2)


def test_the_programs_that_a_page_starts_are_counted(project, monkeypatch):
    monkeypatch.setattr(budget, "BUDGET", 0.5)
    code = f'code = """{SLOW.format(0.6)}"""'
    start = f"import subprocess, sys\n{code}\nsubprocess.run([sys.executable, '-c', code])"
    project.write("docs/page.md", page(start))
    project.run().assert_outcomes(passed=2, errors=1)


def test_the_slowest_are_named_at_the_end(project):
    project.write("docs/quick.md", page("x = 1"))
    project.write("docs/slow.md", page(SLOW.format(0.3)))
    result = project.run()
    lines = [line.split()[-1] for line in result.outlines if "s on the clock" in line]
    assert lines == ["docs/slow.md", "docs/quick.md"]


def test_ten_are_named():
    pages = {f"docs/p{number}.md": Spent(1.0, float(number)) for number in range(12)}
    lines = list(budget.slowest(pages))
    assert len(lines) == 10
    assert lines[0].endswith("docs/p11.md")


def test_time_is_of_all_that_ran():
    start = budget.so_far()
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    took = budget.so_far() - start
    assert took.processor >= 0.05
    assert took + Spent(1.0, 1.0) == Spent(took.clock + 1, took.processor + 1)
