"""A run that takes too much memory, or loses a process to the kernel, ends, and ends red."""

import re
from pathlib import Path

import pytest

MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text("utf8")
FLAGS = re.search(r"^TWO := (.*)$", MAKEFILE, re.MULTILINE)[1].split()
PLUGIN = ("-p", "whiteboard.site.memory_plugin")
FEW = "def test_few():\n    pass\n"
PAGE = """# Page

```python
import sys
sys.left = held = b"x" * (300 << 20)
```

```{.python continuation}
x = len(held)
```

```{.python continuation}
import os
print(os.path.exists("given.txt"), x == len(held))
```

```{.text .output title="Output"}
False True
```
"""
MANY = """
import time
def test_many():
    held = b"x" * (600 << 20)
    time.sleep(1.5)
"""


@pytest.fixture
def run(pytester):
    """Runs pytest in a process of its own, which must end soon."""

    def started(*args, **files):
        pytester.makepyfile(**files)
        return pytester.runpytest_subprocess(*PLUGIN, *args, timeout=60)

    return started


@pytest.mark.parametrize("processes", [(), ("-n", "2")])
def test_above_the_limit_is_red_and_names_the_test(run, processes):
    result = run(*processes, "--memory-limit", "0.6", test_few=FEW, test_many=MANY)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.re_match_lines(
        [
            r"Peak memory: wanted at most 0\.6 GB, got [01]\.\d\d GB \(0\.[67]\d.*\), while",
            r"  test_many\.py::test_many",
            "Find what holds the memory: .*",
        ]
    )


def test_under_the_limit_is_green_and_says_the_peak(run):
    result = run("--memory-limit", "4", test_few=FEW, test_many=MANY)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.re_match_lines([r"Peak memory, of 4 GB allowed: 0\.\d\d GB \(.*\), while these"])


def test_without_a_limit_nothing_is_said(run):
    assert "Peak memory" not in run(test_few=FEW).stdout.str()


def test_another_failure_keeps_its_status(run):
    result = run("--memory-limit", "0.01", "-k", "none", test_few=FEW)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_make_runs_with_a_limit_of_8_gb():
    assert FLAGS[FLAGS.index("--memory-limit") + 1] == "8"


GROWING = """
from whiteboard.site import memory_plugin
memory_plugin.GROWTH = 0.2
memory_plugin.give_back = lambda: open("given.txt", "a").write("given ")
held = []
def test_{0}_grows():
    held.append(b"x" * (150 << 20))
def test_{0}_grows_more():
    held.append(b"x" * (150 << 20))
def test_{0}_stays():
    pass
"""


def test_memory_is_given_back_whenever_a_process_has_grown(run, pytester):
    """After the second test of each file: what was not freed is not tried again."""
    run(test_a=GROWING.format("a"), test_b=GROWING.format("b")).assert_outcomes(passed=6)
    assert (pytester.path / "given.txt").read_text() == "given given "


def test_a_page_gives_back_at_its_end(project):
    project.write("docs/page.md", PAGE)
    project.pytester.makeconftest(
        "from whiteboard.site import memory_plugin\n"
        "memory_plugin.give_back = lambda: open('given.txt', 'a').write('given ')\n"
        "memory_plugin.GROWTH = 0.2\n"
    )
    project.pytester.runpytest_subprocess(*PLUGIN, "docs").assert_outcomes(passed=4)
    assert (project.root / "given.txt").read_text() == "given "


KILLED = """
import os
def test_killed():
    os.kill(os.getpid(), 9)
"""


def test_a_killed_process_ends_the_run_red_with_the_tests_name(run):
    """A file of one test, and another to come: a process in its place would wait for ever."""
    result = run(*FLAGS, test_a=KILLED, test_b=FEW, test_c=FEW, test_d=FEW)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.re_match_lines([r"worker 'gw\d' crashed while running 'test_a\.py::test_killed'"])
