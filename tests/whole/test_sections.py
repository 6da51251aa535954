"""A section mark is there for a page that shows the section."""

import re

from source_tree import HERE

MARK = re.compile(r"^\s*# --8<-- \[start:([\w-]+)\]$", re.MULTILINE)
SHOWN = re.compile(r'((?:src|snippets)/[\w/.-]+\.py):([\w-]+)"')


def unshown(project):
    """Marks that no page includes; a mark that is missing fails the build."""
    pages = (p for suffix in ("md", "py") for p in (project.root / "docs").rglob(f"*.{suffix}"))
    shown = {found for page in pages for found in SHOWN.findall(page.read_text("utf8"))}
    for path in sorted(p for f in ("src", "snippets") for p in (project.root / f).rglob("*.py")):
        place = path.relative_to(project.root).as_posix()
        for name in MARK.findall(path.read_text("utf8")):
            if (place, name) not in shown:
                yield f"{place}: no page shows [{name}]: remove the marks"


def test_every_marked_section_is_shown():
    wrong = list(unshown(HERE))
    assert not wrong, "\n".join(wrong)


def test_a_mark_that_no_page_shows_is_seen(plant):
    marks = "".join(f"# --8<-- [start:{n}]\nx = 1\n# --8<-- [end:{n}]\n" for n in ("a", "b"))
    project = plant(
        **{
            "src/whiteboard/lm/x.py": marks,
            "docs/q.md": '--8<-- "src/whiteboard/lm/x.py:a"\n',
        }
    )
    assert list(unshown(project)) == ["src/whiteboard/lm/x.py: no page shows [b]: remove the marks"]
