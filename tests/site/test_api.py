"""The API reference has what the package has."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from types import SimpleNamespace

from whiteboard.site import api

ROOT = Path(__file__).parents[2]


def test_api_has_every_public_module() -> None:
    pages = api.pages()
    text = "\n".join(pages.values())
    for path in (ROOT / "src/whiteboard").glob("*/[!_]*.py"):
        if path.parent.name not in api.FACES:
            assert f"\n::: whiteboard.{path.parent.name}.{path.stem}\n" in f"\n{text}", path
    index = pages["reference/api/index.md"]
    for target in re.findall(r"^(?:- \[`[\w.]+`|## \[\w+)\]\(([\w.]+)", index, re.MULTILINE):
        assert posixpath.join(api.FOLDER, target) in pages


def test_a_package_shows_what_it_defines_and_not_what_it_imports() -> None:
    pages = api.pages()
    data = pages["reference/api/data.md"]
    assert "::: whiteboard.data\n    options: {heading_level: 2, members: ['human_rights']}" in data
    assert (
        "::: whiteboard.encoder\n    options: {heading_level: 2, members: false}"
        in (pages["reference/api/encoder.md"])
    )


def test_only_the_reference_loads_its_stylesheet() -> None:
    html = '<head>\n  <link rel="stylesheet" href="../assets/_mkdocstrings.css">\n</head>'
    for place, kept in (("reference/api/lm.md", True), ("architecture/q01-x.md", False)):
        page = SimpleNamespace(file=SimpleNamespace(src_uri=place))
        assert ("_mkdocstrings.css" in api.drop_stylesheet(html, page=page)) is kept
