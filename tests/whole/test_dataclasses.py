"""Every field of a dataclass is read, and configs are frozen."""

import ast
import re

import pytest
from source_tree import HERE, RANK, classes_of, is_dataclass, tree_of

OTHERS = ("snippets", "tests", "benchmarks")
"""Where else a field may be read, besides src/ and the pages."""


def fields_of(node):
    return [inner.target.id for inner in node.body if isinstance(inner, ast.AnnAssign)]


def read_names(project):
    """What stands behind a dot in any program or page."""
    programs = [path for folder in OTHERS for path in (project.root / folder).rglob("*.py")]
    read = {
        node.attr
        for path in [*project.modules, *programs]
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    pages = (path.read_text("utf8") for path in (project.root / "docs").rglob("*.md"))
    return read | {word for page in pages for word in re.findall(r"\.(\w+)", page)}


def unread_fields(project):
    read = read_names(project)
    return [
        f"{project.where(path, node)}.{field}: read it or remove it"
        for path in project.modules
        for node in classes_of(path)
        if is_dataclass(node)
        for field in fields_of(node)
        if field not in read
    ]


def thawed_configs(project):
    return [
        f"{project.where(path, node)}: write @dataclass(frozen=True)"
        for path in project.modules
        for node in classes_of(path)
        if is_dataclass(node)
        and node.name.endswith("Config")
        and not any("frozen=True" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def test_every_field_of_a_dataclass_is_read():
    wrong = list(unread_fields(HERE))
    assert not wrong, "\n".join(wrong)


def test_configs_are_frozen():
    wrong = list(thawed_configs(HERE))
    assert not wrong, "\n".join(wrong)


PLANTED = """\
@dataclass
class StepConfig:
    width: int
    depth: int

def f(config):
    config.depth = config.width
"""


@pytest.mark.parametrize("floor", RANK)
def test_an_unread_field_and_a_thawed_config_are_seen_on_each_floor(plant, floor):
    place = f"src/whiteboard/{floor}/planted.py"
    project = plant(**{place: PLANTED})
    assert unread_fields(project) == [f"{place}:2: StepConfig.depth: read it or remove it"]
    assert thawed_configs(project) == [f"{place}:2: StepConfig: write @dataclass(frozen=True)"]
