"""The second corpus: the pages of this site, read from a checkout."""

import re
from pathlib import Path

_CHECKOUT = Path(__file__).parents[3]
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


def site_pages(docs: Path | None = None) -> dict[str, str]:
    """The Markdown pages by their path in `docs`, each without its front matter.

    Front matter holds flash cards, which are questions with their answers: left in, every query
    would find those. Bytes that are not UTF-8 become U+FFFD.

    Args:
        docs: the folder; default: `docs` of the checkout that this package runs from.

    Raises:
        FileNotFoundError: when there is no such folder, as in an installed package.
    """
    folder = docs or _CHECKOUT / "docs"
    pages = sorted(folder.rglob("*.md"))
    if not pages:
        raise FileNotFoundError(
            f"{folder} holds no pages: they do not ship with the package; "
            "run from a checkout, or give the folder as site_pages(docs=...)"
        )
    return {
        page.relative_to(folder).as_posix(): _body(page.read_text("utf8", errors="replace"))
        for page in pages
    }


def _body(text: str) -> str:
    return _FRONT_MATTER.sub("", text.replace("\r\n", "\n"), count=1)
