"""Labs: `docs/labs/*.py`, notebooks in percent format that mkdocs-jupyter executes at build.

An error in a cell fails the build. From the plugin's HTML only the outputs are taken; the page is
then drawn from the lab's own cells by the site's Markdown, so that a lab looks and links like any
other page, on each version of the plugin. What is executed is kept in `.cache/labs`, a folder a
lab, under the hash of all that the lab is made of.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from bs4 import BeautifulSoup, Tag
from markdown import Markdown
from mkdocs.exceptions import PluginError
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_relative_url

from whiteboard.site.downloads import marked
from whiteboard.site.fences import parse_fences
from whiteboard.site.nav import expand_links
from whiteboard.site.needs import needs
from whiteboard.site.numbers import number_problems_elsewhere
from whiteboard.site.sources import digest

_MATHJAX = re.compile(r"<script data-mkdocs-jupyter-mathjax=.*?</script>", re.DOTALL)
_MD_LINK = re.compile(r'(?<=href=")(?![a-z]+:)([^"#]+\.(?:md|py))(#[^"]*)?(?=")')


def prepare(config: Any) -> Any:
    """Let the kernels of the labs find what the tests have compiled (mkdocs: on_config)."""
    root = Path(config["config_file_path"]).parent
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(root / ".cache" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    # As conftest.py: the labs find what the tests have compiled.
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=1")
    # Two labs share that cache: what one is writing, the other compiles itself, and says so.
    os.environ.setdefault("PYTHONWARNINGS", "ignore:Error reading persistent compilation cache")
    return config


def kept_in(lab: Path, root: Path) -> Path:
    """Where the lab's outputs are kept; those of other sources than today's go.

    The plugin's own key is the lab alone, which does not see a change of what the lab imports.
    """
    folder = root / ".cache" / "labs" / f"{lab.stem}-{digest(lab, root)}"
    for old in folder.parent.glob(f"{lab.stem}-*"):
        if old != folder:
            shutil.rmtree(old)
    return folder


def draw(html: str, *, page: Any, config: Any, files: Any, **_: Any) -> str:
    """A lab's page, from its cells and their outputs (mkdocs: on_page_content)."""
    if not is_lab(page.file):
        return html
    source = Path(page.file.abs_src_path)
    notebook = read(source)
    text = lab_markdown(notebook, outputs(html, source.name))
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    fences = parse_fences(text, root := source.parents[2])
    if loose := number_problems_elsewhere(prose, 1, fences):
        raise PluginError("\n".join(f"{page.file.src_uri}, prose {place}" for place in loose))
    text = expand_links(text, page=page, files=files)
    md = Markdown(
        extensions=list(config["markdown_extensions"]), extension_configs=config["mdx_configs"]
    )
    drawn = marked(md.convert(text), fences, root, page.file.src_uri)
    page.toc = get_toc(md.toc_tokens)
    page.title = page.toc.items[0].title
    stem = source.stem
    return (
        f'{_linked(drawn, page, files)}\n<p class="wb-downloads" data-search-exclude>Take this lab '
        f'along: <a href="{stem}.py" download>a script</a> or '
        f'<a href="{stem}.ipynb" download>a notebook</a>.</p>'
    )


def is_lab(file: Any) -> bool:
    """Whether the file is a lab that the plugin runs."""
    place = Path(file.src_uri)
    return place.parts[0] == "labs" and place.suffix == ".py"


def read(source: Path) -> Any:
    """The lab as a notebook."""
    return _numbered(jupytext.read(source))


def _numbered(notebook: Any) -> Any:
    """With cell ids that are their positions, not jupytext's random ones."""
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index}"
    return notebook


def outputs(html: str, name: str) -> list[str]:
    """What each code cell printed or drew, from the plugin's HTML: Markdown, one text a cell.

    Raises:
        PluginError: a cell wrote to stderr; a warning is to be mended, not published.
    """
    # Some versions of the plugin wrap each cell twice.
    cells = BeautifulSoup(html, "html.parser").select(".jp-CodeCell:not(.jp-CodeCell *)")
    return ["\n\n".join(_drawn(cell, name)) for cell in cells]


def _drawn(cell: Tag, name: str) -> Iterator[str]:
    """A cell's outputs; what it printed on the way comes in parts, and is one text again."""
    for printed, tags in groupby(cell.select(".jp-OutputArea-output"), key=_is_printed):
        if printed:
            yield _text("".join(tag.pre.get_text() for tag in tags if tag.pre))
        else:
            yield from (_output(tag, name) for tag in tags)


def _is_printed(tag: Tag) -> bool:
    result = "jp-OutputArea-executeResult" in tag.get_attribute_list("class")
    return tag.get("data-mime-type") == "text/plain" and not result


def _text(text: str) -> str:
    return f'```{{.text .output title="Output"}}\n{text.strip(chr(10))}\n```'


def _output(tag: Tag, name: str) -> str:
    kind = tag.get("data-mime-type")
    if kind == "text/html":
        return tag.decode_contents().strip()
    if kind == "text/plain":
        return _text(tag.get_text())
    raise PluginError(
        f"labs/{name}: wanted printed text or a figure by `show`, got {kind}: "
        f"{tag.get_text()[:500]}"
    )


def lab_markdown(notebook: Any, printed: list[str]) -> str:
    """The lab as one Markdown page."""
    parts, remaining = [], iter(printed)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code":
            parts += [f"```{{.python .lab}}\n{cell.source}\n```", next(remaining)]
    if next(remaining, None) is not None:
        raise PluginError("the lab's cells and its outputs do not match")
    return "\n\n".join(parts)


def _linked(html: str, page: Any, files: Any) -> str:
    """Links to sources (`../x.md`) made links to pages, as mkdocs does for its own Markdown."""

    def link(found: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), found[1]))
        target = files.get_file_from_path(place)
        if target is None:
            raise PluginError(f"{page.file.src_uri}: dead link {found[1]}")
        return get_relative_url(target.url, page.url) + (found[2] or "")

    return _MD_LINK.sub(link, html)


def drop_mathjax(output: str, *, page: Any, **_: Any) -> str:
    """Take out what newer plugins add to load MathJax from a CDN (mkdocs: on_post_page)."""
    return _MATHJAX.sub("", output) if is_lab(page.file) else output


def write(config: Any) -> None:
    """Write each lab's script and notebook beside its page (mkdocs: on_post_build)."""
    for source in sorted(Path(config["docs_dir"]).glob("labs/*.py")):
        folder = Path(config["site_dir"]) / "labs" / source.stem
        script = to_take_along(source, config["repo_url"] or "")
        (folder / source.name).write_text(script, "utf8")
        nbformat.write(_numbered(jupytext.reads(script)), folder / f"{source.stem}.ipynb")


def to_take_along(source: Path, repository: str = "") -> str:
    """The lab with a first cell that installs what it needs.

    Args:
        source: the lab.
        repository: the address of the project's git repository; empty where none is known.
    """
    program = source.read_text("utf8")
    head, first, cells = program.partition("# %%")
    install = needs(program, source.parents[2]).cell(repository)
    # In a script a notebook's command is a comment.
    return f"{head}# %%\n{re.sub('^%', '# %', install, flags=re.MULTILINE)}\n\n{first}{cells}"
