import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from markdown import Markdown
from mkdocs.exceptions import PluginError

from whiteboard.site import widgets

DOCS = Path(__file__).parents[2] / "docs"
NAMES = {"demo": f"{__name__}:demo", "bad": f"{__name__}:not_a_number", "gone": "json:gone"}
DATA = {"models": [{"name": "A </script><b> & 'quotes'", "bytes": 327680}], "largest": 2**53 - 1}


def demo() -> dict[str, object]:
    return DATA


def not_a_number() -> dict[str, object]:
    return {"value": math.nan}


class Scripts(HTMLParser):
    """The text of each script element, as a browser would take it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts.append(data)


def page(markdown: str) -> str:
    return Markdown(extensions=["md_in_html"]).convert(widgets.insert(markdown, NAMES))


def test_the_browser_gets_the_data_that_python_computed() -> None:
    html = page("Before.\n\n<!-- widget: demo -->\n\n| a |\n")
    (text,) = Scripts(html).texts
    assert json.loads(text) == DATA
    assert re.search(r'<section class="widget" id="widget-demo"[^>]* hidden>', html)
    assert "<p>Before.</p>" in html


def test_the_module_is_loaded_once_and_only_where_the_widget_is() -> None:
    output, place = "<body>{}</body>", SimpleNamespace(url="architecture/q02-kv-cache/")
    twice = output.format(page("<!-- widget: demo -->\n\n<!-- widget: demo -->"))
    found = re.findall(
        r'<script type="module" src="([^"]*)"', widgets.add_scripts(twice, page=place)
    )
    assert found == ["../../assets/js/widget-demo.js"]
    assert widgets.add_scripts(output.format("text"), page=place) == output.format("text")


@pytest.mark.parametrize("name", ["unknown", "gone", "Bad%20name"])
def test_a_widget_that_is_not_there_fails_and_is_named(name: str) -> None:
    with pytest.raises(PluginError, match=re.escape(repr(name))):
        page(f"<!-- widget: {name} -->")


def test_data_are_computed_again_when_what_they_stand_on_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    module = tmp_path / "src" / "counted.py"
    module.write_text("numbers = [1]\ndef widget():\n    return {'numbers': numbers}\n")
    monkeypatch.syspath_prepend(str(module.parent))
    names = {"demo": "counted:widget"}
    assert widgets.data("demo", names, tmp_path) == '{"numbers":[1]}'
    import counted  # type: ignore[import-not-found]

    counted.numbers.append(2)
    assert widgets.data("demo", names, tmp_path) == '{"numbers":[1]}'
    module.write_text(module.read_text() + "# changed\n")
    assert widgets.data("demo", names, tmp_path) == '{"numbers":[1,2]}'
    assert len(list((tmp_path / ".cache/widgets").iterdir())) == 1


def test_data_that_is_not_json_fails() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        page("<!-- widget: bad -->")


@pytest.mark.parametrize("name", sorted(widgets.WIDGETS))
def test_every_widget_of_the_site_has_data_and_a_module(name: str) -> None:
    assert json.loads(json.dumps(widgets.load(name)(), allow_nan=False))
    assert (DOCS / widgets.SCRIPT.format(name)).is_file()
