"""Each module has a test of its name that reaches it, and no test is of nothing."""

import re

import pytest
from source_tree import HERE, RANK, Project, imports_of

WHOLE = {"whole", "browser", "installed", "references"}
"""Folders of tests that are of no one module: of the whole project, of the built site in a browser,
of the installed package, of other libraries' values."""
OF_MANY = {"practice/exercises"}
"""Tests of many modules at once that stand beside the tests of each."""


def modules_of(project):
    """`floor/name` of each module that must have a test."""
    places = (path.relative_to(project.package).with_suffix("") for path in project.modules)
    return {
        place.as_posix()
        for place in places
        if not place.name.startswith("_") and not is_in_a_room(place)
    }


def is_in_a_room(place):
    """Whether it holds a page's exercises: tests/practice/test_exercises.py proves all of those.

    Each is proved by the same tests: the right function passes, and each mistake is refused by
    exactly the checks that it names.
    """
    return place.parts[0] == "practice" and len(place.parts) > 2


def covered(project):
    """`floor/name` of each test file, but for those of the whole."""
    root = project.root / "tests"
    places = (path.relative_to(root).with_suffix("") for path in root.rglob("test_*.py"))
    return {
        (place.parent / place.name.removeprefix("test_")).as_posix()
        for place in places
        if place.parts[0] not in WHOLE
    }


def file_for(project, module):
    place = project.root / "tests" / f"{module}.py"
    return place.with_name(f"test_{place.name}")


def reached(project: Project, names: set[str]) -> set[str]:
    """The modules of the package that importing those names runs, directly or through others."""
    known = {project.name_of(path): path for path in project.modules}
    found, todo = set(), [name for name in names if name in known]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += [imported for imported in imports_of(known[name]) if imported in known]
    return found


def problems(project):
    """What breaks the rule, by `floor/name`."""
    have, want = covered(project), modules_of(project)
    for module in sorted(want - have):
        missing = file_for(project, module).relative_to(project.root)
        yield f"{module}: no {missing}: write one that can fail"
    for test in sorted(have - want - OF_MANY):
        yield f"{test}: a test of nothing: name it after its module, or move it to tests/whole"
    for module in sorted(want & have):
        path, name = file_for(project, module), f"whiteboard.{module.replace('/', '.')}"
        named = re.findall(r"whiteboard(?:\.\w+)+", path.read_text("utf8"))
        if name not in reached(project, {*imports_of(path), *named}):
            yield f"{module}: its test never imports it"


def test_each_module_has_a_test_of_its_name():
    wrong = list(problems(HERE))
    assert not wrong, "\n".join(wrong)


def unused_in_a_room(project):
    """Files of a room that its `__init__`, which gives the exercises, never imports."""
    rooms = list((project.package / "practice").glob("*/__init__.py"))
    used = reached(project, {project.name_of(room) for room in rooms})
    files = [path for room in rooms for path in room.parent.rglob("*.py")]
    return sorted({project.name_of(path) for path in files} - used)


def test_every_file_of_a_room_is_used():
    assert not unused_in_a_room(HERE)


def test_a_file_that_its_room_does_not_use_is_seen(plant):
    room = "src/whiteboard/practice/q02"
    used = "from whiteboard.practice.q02.checks import x\n"
    files = {f"{room}/__init__.py": used, f"{room}/checks.py": "", f"{room}/more.py": ""}
    assert unused_in_a_room(plant(**files)) == ["whiteboard.practice.q02.more"]


def test_the_exceptions_exist():
    assert covered(HERE) >= OF_MANY, f"gone: remove {OF_MANY - covered(HERE)} from OF_MANY"


FOLDERS = [*RANK, "retrieval/studies"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_module_without_a_test_is_seen_on_each_floor(plant, folder):
    place = f"{folder}/planted"
    assert list(problems(plant(**{f"src/whiteboard/{place}.py": ""}))) == [
        f"{place}: no tests/{folder}/test_planted.py: write one that can fail"
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_test_of_nothing_is_seen_on_each_floor(plant, folder):
    (problem,) = problems(plant(**{f"tests/{folder}/test_gone.py": ""}))
    assert problem.startswith(f"{folder}/gone: a test of nothing")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_test_that_never_imports_its_module_is_seen_on_each_floor(plant, folder):
    module, test = f"src/whiteboard/{folder}/planted.py", f"tests/{folder}/test_planted.py"
    project = plant(**{module: "x = 1\n", test: "from whiteboard import data\n"})
    assert list(problems(project)) == [f"{folder}/planted: its test never imports it"]


def test_a_face_of_one_file_has_its_test_at_the_top(plant):
    (problem,) = problems(plant(**{"src/whiteboard/cli.py": ""}))
    assert problem == "cli: no tests/test_cli.py: write one that can fail"


def test_a_room_and_a_package_need_no_test_of_their_own(plant):
    files = ("practice/q02/checks", "practice/q02/__init__", "lm/__init__", "lm/__main__")
    assert not list(problems(plant(**{f"src/whiteboard/{file}.py": "" for file in files})))
