"""Interactive parts of a page: `<!-- widget: kv-cache -->`.

A widget is three things, found by its name:

1. A row of `WIDGETS` below: `"kv-cache": "whiteboard.architecture.published_caches:calculator"`,
   a function without arguments whose result is the widget's data: dicts, lists, strings, finite
   numbers, computed by the code that the page teaches, so that the browser shows what Python says.
2. `docs/assets/js/widget-kv-cache.js`, a module loaded on the pages that hold the widget alone.
3. On the page, under the comment, the same facts in a table, for readers without JavaScript.

The page gets this, with the data in the script element:

    <section class="widget" id="widget-kv-cache" data-widget="kv-cache" hidden>
      <script type="application/json">{...}</script>
    </section>

The module builds its form inside the section and shows it:

    calculator("widget-kv-cache", data => ({label, fields, answer}))

`calculator.js` has it, and the fields and rows that all calculators share: labels, native inputs, a
verdict that is read out, one sentence on a value that cannot be used. A widget of another kind
shows `root` itself. Use real labels, native inputs (select, number, range) and `textContent`, never
`innerHTML` of data. Style it with the classes `widget__form`, `widget__field` (label and input) and
`widget__result`.
Arithmetic that JavaScript repeats belongs in one exported function of the module, which the browser
test compares with Python's; counts stay under 2**53, where both are exact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

from whiteboard.site import scripts
from whiteboard.site.sources import digest

SCRIPT = "assets/js/widget-{}.js"
WIDGETS = {
    "bpe-merges": "whiteboard.architecture.byte_pair_encoding:bpe_merges_widget",
    "kv-cache": "whiteboard.architecture.published_caches:calculator",
    "prompt-caching": "whiteboard.architecture.caching_break_even:calculator",
    "sample-size": "whiteboard.evaluation.sample_size:calculator",
    "scaling-laws": "whiteboard.architecture.scaling_laws:scaling_laws_widget",
    "sharding": "whiteboard.architecture.roofline:calculator",
}
"""Widget name -> `module:function` of the function that computes its data."""

_COMMENT = re.compile(r"^<!--\s*widget:\s*(?P<name>[^\s>]+)\s*-->[ \t]*$", re.MULTILINE)
_SECTION = re.compile(r'<section class="widget"[^>]* data-widget="([a-z0-9-]+)"')


def load(name: str, widgets: Mapping[str, str] = WIDGETS) -> Callable[[], Mapping[str, Any]]:
    """The data function of a widget.

    Raises:
        PluginError: no such widget, or no such function.
    """
    if name not in widgets:
        raise PluginError(f"widget {name!r} is not in whiteboard.site.widgets.WIDGETS")
    module, _, function = widgets[name].partition(":")
    try:
        found: Callable[[], Mapping[str, Any]] = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise PluginError(f"widget {name!r}: cannot load {widgets[name]} ({error})") from error
    return found


def data(name: str, widgets: Mapping[str, str] = WIDGETS, root: Path | None = None) -> str:
    """The widget's data as JSON.

    Args:
        name: of the widget.
        widgets: where each widget's function is.
        root: the project, in whose `.cache/widgets` the data are kept under the hash of all that
            their module is made of: to compute them takes the import of JAX.
    """
    place = _place(name, widgets, root)
    if place is not None and place.exists():
        return place.read_text("utf8")
    # NaN is not JSON.
    text = json.dumps(load(name, widgets)(), allow_nan=False, sort_keys=True, separators=(",", ":"))
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        for old in place.parent.glob(f"{name}-{'?' * 16}.json"):
            old.unlink(missing_ok=True)
        place.write_text(text, "utf8")
    return text


def _place(name: str, widgets: Mapping[str, str], root: Path | None) -> Path | None:
    module = widgets.get(name, "").partition(":")[0].replace(".", "/")
    if root is None or not (source := root / "src" / f"{module}.py").is_file():
        return None
    return root / ".cache" / "widgets" / f"{name}-{digest(source, root)}.json"


def render(name: str, widgets: Mapping[str, str] = WIDGETS, root: Path | None = None) -> str:
    """The widget's section: hidden until its module has built it, the data inside."""
    # "</script>" inside a string would end the element.
    text = data(name, widgets, root).replace("<", "\\u003c").replace("&", "\\u0026")
    return (
        f'<section class="widget" id="widget-{name}" data-widget="{name}" data-search-exclude'
        " hidden>"
        f'<script type="application/json">{text}</script></section>'
    )


def insert(
    markdown: str, widgets: Mapping[str, str] = WIDGETS, *, config: Any = None, **_: Any
) -> str:
    """Replace each `<!-- widget: name -->` line of a page (mkdocs: on_page_markdown)."""
    root = Path(config["config_file_path"]).parent if config else None
    return _COMMENT.sub(lambda found: f"\n{render(found['name'], widgets, root)}\n", markdown)


def add_scripts(output: str, *, page: Any, **_: Any) -> str:
    """Add to a page the module of each widget that it holds, once (mkdocs: on_post_page)."""
    names = dict.fromkeys(_SECTION.findall(output))
    return scripts.insert(output, [SCRIPT.format(name) for name in names], page)
