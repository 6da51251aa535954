"""Programs are few and named, and the pure floors start no process."""

import ast

import pytest
from source_tree import HERE, imports_of, tree_of

PROGRAMS = {
    "cli",
    "figures/__main__",
    "practice/judged",
    "training/sharded_run",
    "training/sharding_comparison",
}
"""What `python -m whiteboard.<...>` runs. Each says so, and its work is in functions to import."""
PURE = ("architecture", "decoding", "evaluation", "retrieval", "adaptation")
"""Floors of functions: they start no process, and name no file of this machine."""
OUTSIDE = {"argparse", "multiprocessing", "os", "pathlib", "shutil", "socket", "subprocess"}
OUTSIDE |= {"tempfile", "urllib"}


def is_program(path):
    """Whether it reads a command line or does something as `__main__`."""
    texts = (node.value for node in ast.walk(tree_of(path)) if isinstance(node, ast.Constant))
    return "argparse" in imports_of(path) or "__main__" in texts or path.stem == "__main__"


def unnamed_programs(project):
    for path in project.modules:
        place = path.relative_to(project.package).with_suffix("").as_posix()
        if not place.startswith("site/") and is_program(path) != (place in PROGRAMS):
            yield f"{place}: a program stands in PROGRAMS, and nothing else does"


def reaches_outside(project, floor):
    for path in project.on(floor):
        for name in sorted(OUTSIDE & {name.split(".")[0] for name in imports_of(path)}):
            yield f"{project.name_of(path)} imports {name}: leave that to the caller"


def test_programs_are_those_that_are_named():
    wrong = list(unnamed_programs(HERE))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("place", sorted(PROGRAMS - {"figures/__main__"}))
def test_a_programs_work_is_in_functions(place):
    (block,) = (
        node for node in tree_of(HERE.package / f"{place}.py").body if isinstance(node, ast.If)
    )
    assert ast.unparse(block.test) == "__name__ == '__main__'"
    (call,) = block.body
    assert "main(" in ast.unparse(call)


@pytest.mark.parametrize("floor", PURE)
def test_a_pure_floor_reaches_nothing_outside(floor):
    wrong = list(reaches_outside(HERE, floor))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("floor", PURE)
def test_a_process_and_a_program_are_seen_on_each_pure_floor(plant, floor):
    module = f"src/whiteboard/{floor}/planted.py"
    text = "def f():\n    from subprocess import run\nif __name__ == '__main__':\n    f()\n"
    project = plant(**{module: text})
    assert len(list(reaches_outside(project, floor))) == 1
    assert any(f"{floor}/planted" in problem for problem in unnamed_programs(project))
