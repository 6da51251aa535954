"""Each module imports only from the floors under its own."""

import pytest
from source_tree import FACES, FLOORS, HERE, RANK, floor_of, imports_of


def breaks_a_floor(importer, imported):
    """Whether one floor's module may not import the other: only its own package and those under."""
    own, other = floor_of(importer), floor_of(imported)
    if other not in RANK or own == other or {own, other} <= FACES:
        return False
    return own not in RANK or RANK[other] >= RANK[own]


def problems(project):
    names = {path: project.name_of(path) for path in project.modules}
    for path, importer in names.items():
        if (floor := floor_of(importer)) and floor not in RANK:
            yield f"give {floor} a floor, in source_tree.py and in CONTRIBUTING.md"
        for imported in imports_of(path):
            if breaks_a_floor(importer, imported):
                yield f"{importer} imports {imported}: move it up, or what it needs down"


def test_each_module_imports_only_from_the_floors_under_it():
    wrong = list(problems(HERE))
    assert not wrong, "\n".join(wrong)


BELOW_THE_FACES = [name for names in FLOORS[:-1] for name in sorted(names)]
NOT_UNDER = [
    (floor, other) for floor in BELOW_THE_FACES for other in RANK
    if other != floor and RANK[other] in (RANK[floor], RANK[floor] + 1)
]  # fmt: skip


@pytest.mark.parametrize(("floor", "other"), NOT_UNDER)
def test_an_import_from_a_floor_that_is_not_under_is_refused(plant, floor, other):
    lines = {"a": f"import whiteboard.{other}", "b": f"from whiteboard.{other} import x"}
    for name, line in lines.items():
        project = plant(**{f"src/whiteboard/{floor}/{name}.py": f"def late():\n    {line}\n"})
    importers = {problem.split(" imports")[0] for problem in problems(project)}
    assert importers == {f"whiteboard.{floor}.{name}" for name in "ab"}


@pytest.mark.parametrize("floor", RANK)
def test_an_import_from_each_floor_under_is_fine(plant, floor):
    under = [name for name in RANK if RANK[name] < RANK[floor]]
    lines = "".join(f"import whiteboard.{name}\n" for name in [*under, floor])
    assert not list(problems(plant(**{f"src/whiteboard/{floor}/planted.py": lines})))


def test_the_package_itself_and_a_floor_without_a_place_are_refused(plant):
    project = plant(
        **{
            "src/whiteboard/__init__.py": "from whiteboard import lm\n",
            "src/whiteboard/extras/x.py": "",
        }
    )
    found = list(problems(project))
    assert any("whiteboard imports whiteboard.lm" in problem for problem in found)
    assert "give extras a floor, in source_tree.py and in CONTRIBUTING.md" in found


def test_the_floors_are_those_of_contributing():
    text = (HERE.root / "CONTRIBUTING.md").read_text("utf8")
    table = text.partition("| floor |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    names = [sorted({part.split("/")[0] for part in row.split("`")[1::2]}) for row in rows]
    assert names == [sorted(floor) for floor in FLOORS]
