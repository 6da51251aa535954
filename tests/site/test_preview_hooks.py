"""The hooks of a page alone: it is the whole navigation, and no other page is built."""

import importlib
import sys
from types import SimpleNamespace

import pytest
from mkdocs.structure.files import InclusionLevel

from whiteboard.site import hooks

LISTS = ("CONFIG", "FILES", "POST_BUILD")
PAGE = "architecture/q02-kv-cache.md"


@pytest.fixture
def preview():
    """The module, which puts its steps into the site's lists; they are put back."""
    kept = {name: list(getattr(hooks, name)) for name in LISTS}
    sys.modules.pop("whiteboard.site.preview_hooks", None)
    yield importlib.import_module("whiteboard.site.preview_hooks")
    sys.modules.pop("whiteboard.site.preview_hooks", None)
    for name, steps in kept.items():
        getattr(hooks, name)[:] = steps


def document(place):
    return SimpleNamespace(
        src_uri=place,
        is_documentation_page=lambda: place.endswith(".md"),
        inclusion=InclusionLevel.INCLUDED,
    )


def test_the_page_is_the_whole_navigation(preview, monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert preview.on_config({"extra": {"preview": PAGE}, "nav": ["x"]})["nav"] == [PAGE]


def test_the_other_pages_stay_known_and_are_not_built(preview, monkeypatch):
    monkeypatch.setattr(hooks, "FILES", hooks.FILES[1:])  # without the formulas' stylesheets
    files = [document(place) for place in (PAGE, "index.md", "assets/whiteboard.css")]
    preview.on_files(files, config={"extra": {"preview": PAGE}})
    assert [file.inclusion for file in files] == [
        InclusionLevel.INCLUDED,
        InclusionLevel.EXCLUDED,
        InclusionLevel.INCLUDED,
    ]
