"""Pages run as tests: one namespace, each block once, failures at the page's line."""

import gc
from dataclasses import replace

import jax
import jaxtyping
import pytest

from whiteboard.site.runner import BlockError, NeededBlockError, PageRun, whole_program

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


def test_blocks_share_one_real_main_module(project):
    block = """from __future__ import annotations
from dataclasses import dataclass, field, KW_ONLY
import sys
@dataclass
class Point:
    x: int
    _: KW_ONLY
    y: int = 0
"""
    after = "print(Point(1), __name__, sys.modules['__main__'].Point is Point)"
    project.write(PAGE, page(block, after, ">Point(x=1, y=0) __main__ True"))
    project.run().assert_outcomes(passed=3)


def test_a_flax_module_is_defined_in_a_block(project):
    block = """from __future__ import annotations
from flax import nnx
class Scale(nnx.Module):
    def __init__(self, factor: float, *, rngs: nnx.Rngs) -> None:
        self.factor = nnx.Param(factor)
print(Scale(2.0, rngs=nnx.Rngs(0)).factor.get_value())"""
    project.write(PAGE, page(block, ">2.0"))
    project.run().assert_outcomes(passed=2)


@pytest.mark.parametrize("failure", ["", "raise TypeError('boom')", "raise SystemExit(0)"])
def test_no_block_runs_twice(project, failure):
    count = f"with open('count.txt', 'a') as file:\n    file.write('.')\n{failure}"
    project.write(PAGE, page(count, "x = 1", "y = 1"))
    result = project.run()
    assert project.root.joinpath("count.txt").read_text() == "."
    result.assert_outcomes(
        passed=1 if failure else 4, failed=bool(failure), skipped=2 * bool(failure)
    )


def test_two_pages_share_nothing(project):
    project.write("docs/a.md", page("x = 1"))
    project.write("docs/b.md", page("print('x' in globals())", ">False"))
    project.run().assert_outcomes(passed=4)


def test_a_page_leaves_no_arrays_behind(project):
    """Not even what the globals of a class hold that JAX registers, and keeps."""
    block = """import jax
from dataclasses import dataclass
@jax.tree_util.register_dataclass
@dataclass
class Kept:
    x: jax.Array
    def doubled(self):
        return 2 * self.x
big = Kept(jax.numpy.zeros(12_345))
"""
    project.write(PAGE, page(block, "print(big.doubled().shape)", ">(12345,)"))
    project.run().assert_outcomes(passed=3)
    gc.collect()
    assert (12_345,) not in [array.shape for array in jax.live_arrays()]


def test_a_failure_points_at_the_line_and_skips_the_rest(project):
    project.write(PAGE, page("def f(x):\n    return 1 / x", "a = 1\n\nf(0)", "print(a)", ">1"))
    result = project.run()
    result.assert_outcomes(passed=2, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "docs/page.md:5: ZeroDivisionError: division by zero",
            "docs/page.md:11, in <module>",
            "    f(0)",
            "docs/page.md:5, in f",
            "SKIPPED * the block at docs/page.md:8 failed",
        ]
    )


def test_a_failure_inside_a_body_points_at_its_line(project):
    body = "    ```{.python}\n    ok = 1\n\n    raise KeyError('gone')\n    ```\n"
    project.write(PAGE, f'# Page\n\n??? note "Folded"\n\n{body}')
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["docs/page.md:8: KeyError: 'gone'", ">    8  raise KeyError*"])


def test_a_failure_in_an_include_points_at_the_line_that_includes(project):
    project.write("snippets/a.py", "# --8<-- [start:all]\nx = 1\n\ny = [][x]\n# --8<-- [end:all]\n")
    project.write(PAGE, page('z = 1\n--8<-- "snippets/a.py:all"\nw = 1'))
    result = project.run(PAGE)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["docs/page.md:5: IndexError: *", ">    5  --8<-- *", "*y = ?*"])


def test_a_syntax_error_points_at_its_line(project):
    project.write(PAGE, page("x = 1\ny = = 2"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["docs/page.md:5: *", "*SyntaxError: invalid syntax"])


def test_a_later_block_alone_runs_what_it_needs(project):
    project.write(PAGE, page("x = 1", "y = x + 1", "print(y)", ">2"))
    project.run("docs/", "-k", "block-3").assert_outcomes(passed=1, deselected=3)


def test_last_failed_runs_what_it_needs(project):
    project.write(PAGE, page("x = 1", "y = x / 0"))
    project.run().assert_outcomes(passed=2, failed=1)
    project.write(PAGE, page("x = 1\nmore = 2", "y = x / 1"))
    project.run("docs/", "--lf").assert_outcomes(passed=1)


def test_a_later_block_alone_fails_with_what_it_needs(project):
    project.write(PAGE, page("x = 1 / 0", "y = 1"))
    result = project.run("docs/", "-k", "block-2")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["docs/page.md:4: ZeroDivisionError: *"])


def test_output_does_not_leak_unless_the_block_fails(project):
    project.write(
        PAGE, page("import sys\nprint('se' + 'en')\nprint('note', file=sys.stderr)", ">seen")
    )
    result = project.run()
    result.assert_outcomes(passed=2)
    assert "seen" not in result.stdout.str()
    assert "note" not in result.stderr.str()
    project.write(PAGE, page("print('se' + 'en')\n1 / 0"))
    project.run().stdout.fnmatch_lines(["stdout:", "seen"])


def test_what_a_page_does_to_jax_is_undone_and_fails_it(project):
    project.write(
        "docs/a.md", page("x = 1", "import jax\njax.config.update('jax_enable_x64', True)")
    )
    project.write("docs/b.md", page("import jax\nprint(jax.config.jax_enable_x64)", ">False"))
    result = project.run()
    result.assert_outcomes(passed=5, errors=1)
    result.stdout.fnmatch_lines(["*docs/a.md:7: jax_enable_x64 was False, and it is left at *"])
    assert jax.config.jax_enable_x64 is False


def test_a_page_may_set_an_option_and_set_it_back(project):
    update = "jax.config.update('jax_enable_x64', {})"
    project.write(PAGE, page("import jax\n" + update.format(True), update.format(False)))
    project.run().assert_outcomes(passed=3)


def test_a_warning_fails_a_block(project):
    project.write(PAGE, page("import warnings\nwarnings.warn('old', DeprecationWarning)"))
    project.run().assert_outcomes(passed=1, failed=1)


def test_blocks_run_in_the_project_as_the_reader_runs_them(project, monkeypatch):
    """The tests' own shape checks are off: a wrong call gets the error that a reader gets."""
    monkeypatch.setenv("PROJECT", str(project.root))
    block = """import jaxtyping, os
print(os.path.samefile(os.getcwd(), os.environ["PROJECT"]))
print(jaxtyping.config.jaxtyping_disable)"""
    project.write(PAGE, page(block, ">True\nTrue"))
    monkeypatch.chdir(project.root / "docs")
    project.run(".").assert_outcomes(passed=2)
    assert jaxtyping.config.jaxtyping_disable is False


def test_a_run_goes_on_where_it_stopped_and_never_past_a_failure(tmp_path):
    first, second = whole_program("n = 1\nprint(n)\n"), whole_program("n += 1\nprint(n)\n1 / 0\n")
    run = PageRun(tmp_path / "page.md", tmp_path, [first, replace(second, line=7)])
    assert run.run(first.line) == run.run(first.line) == "1\n"
    with pytest.raises(BlockError, match="ZeroDivisionError"):
        run.run()
    with pytest.raises(NeededBlockError, match=r"the block at page\.md:7 failed"):
        run.run()
    assert vars(run.module)["n"] == 2
    assert run.run(first.line) == "1\n"
    assert run.close() == []
