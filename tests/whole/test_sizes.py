"""Modules and functions stay small."""

import statistics

import pytest
from source_tree import HERE, RANK, body_lines, functions_of

LONGEST_MODULE, LONGEST_FUNCTION = 250, 40
MEDIAN_MODULE, MEDIAN_FUNCTION = 130, 10


def sizes(project):
    """Lines of each module and of each function's body, by place."""
    modules = {
        str(path.relative_to(project.root)): len(path.read_text("utf8").splitlines())
        for path in project.modules
    }
    functions = {
        project.where(path, node): body_lines(node)
        for path in project.modules
        for _, node in functions_of(path)
    }
    return modules, functions


def too_long(project):
    for found, most in zip(sizes(project), (LONGEST_MODULE, LONGEST_FUNCTION), strict=True):
        yield from (
            f"{place}: {n} lines: split at {most}" for place, n in found.items() if n > most
        )


def test_modules_and_functions_stay_small():
    wrong = list(too_long(HERE))
    assert not wrong, "\n".join(wrong)


def test_the_median_module_and_function_stay_small():
    modules, functions = sizes(HERE)
    module = statistics.median(n for n in modules.values() if n > 5)
    function = statistics.median(functions.values())
    assert module <= MEDIAN_MODULE, f"the median module has {module} lines"
    assert function <= MEDIAN_FUNCTION, f"the median function has {function} lines"


def module_of(function_lines, lines):
    """A module of so many lines with a method whose body has so many behind its docstring."""
    head = 'class A:\n    def f(self):\n        """Says."""\n'
    body = "        x = 1\n" * function_lines
    return head + body + "\n" * (lines - function_lines - 3)


@pytest.mark.parametrize("floor", RANK)
def test_one_line_too_many_is_seen_on_each_floor(plant, floor):
    places = {name: f"src/whiteboard/{floor}/{name}.py" for name in ("good", "function", "module")}
    texts = {
        places["good"]: module_of(LONGEST_FUNCTION, LONGEST_MODULE),
        places["function"]: module_of(LONGEST_FUNCTION + 1, LONGEST_MODULE),
        places["module"]: module_of(LONGEST_FUNCTION, LONGEST_MODULE + 1),
    }
    assert list(too_long(plant(**texts))) == [
        f"{places['module']}: {LONGEST_MODULE + 1} lines: split at {LONGEST_MODULE}",
        f"{places['function']}:2: f: {LONGEST_FUNCTION + 1} lines: split at {LONGEST_FUNCTION}",
    ]
