"""A page loads the scripts that it needs, by its own relative address, and no other."""

from types import SimpleNamespace

import pytest

from whiteboard.site import scripts

PAGE = SimpleNamespace(url="architecture/q01-x/")
BODY = "<body>{}</body>"


@pytest.mark.parametrize(("mark", "script"), scripts.SCRIPTS.items())
def test_a_mark_brings_its_script_before_the_end(mark, script, pytestconfig):
    assert (pytestconfig.rootpath / "docs" / script).is_file()
    output = scripts.add(BODY.format(f"<div {mark}>"), page=PAGE)
    tag = f'<script type="module" src="../../{script}"></script>'
    assert output == f"<body><div {mark}>{tag}</body>"


def test_a_page_without_a_mark_loads_nothing():
    assert scripts.add(BODY.format("x"), page=PAGE) == BODY.format("x")
