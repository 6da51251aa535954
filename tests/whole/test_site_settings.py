"""mkdocs.yml lets no dead link pass."""

from mkdocs.utils import yaml_load
from source_tree import HERE

LINKS = {
    "nav": ("omitted_files", "not_found", "absolute_links"),
    "links": ("not_found", "anchors", "absolute_links", "unrecognized_links"),
}
"""The settings of mkdocs.yml under which a dead link or anchor fails a strict build."""


def link_settings(config):
    """What mkdocs.yml would let pass: settings under which a dead link does not fail the build."""
    found = config.get("validation") or {}
    problems = [
        f"mkdocs.yml: validation.{part}.{name}: wanted warn, got {got!r}"
        for part, names in LINKS.items()
        for name in names
        if (got := (found.get(part) or {}).get(name)) != "warn"
    ]
    if config.get("strict") is not True:
        problems.append("mkdocs.yml: wanted strict: true")
    return problems


def test_a_dead_link_fails_the_build():
    config = yaml_load((HERE.root / "mkdocs.yml").read_text("utf8"))
    assert link_settings(config) == []
    for part, names in LINKS.items():
        for name in names:
            broken = {**config["validation"], part: {**config["validation"][part], name: "info"}}
            (problem,) = link_settings({**config, "validation": broken})
            assert f"validation.{part}.{name}" in problem
    assert link_settings({**config, "strict": False})
