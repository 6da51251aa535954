"""The site's own pages as a corpus: without front matter, and a clear error without a checkout."""

import pytest

from whiteboard.data import site_pages


def test_the_pages_of_this_checkout():
    pages = site_pages()
    assert len(pages) > 20
    page = pages["retrieval/q15-bm25-and-dense-retrieval.md"]
    assert page.lstrip().startswith("# BM25 or embeddings")
    assert not any("\ncards:" in text for text in pages.values())


def test_front_matter_goes_and_nothing_else(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.md").write_bytes(b"---\nx: 1\n---\n\n# A\n---\nb\n---\n")
    (tmp_path / "b.md").write_bytes(b"# B\r\n\xff \xc3\xa9")
    (tmp_path / "c.txt").write_text("no page")
    pages = site_pages(tmp_path)
    assert pages == {"b.md": "# B\n� é", "in/a.md": "\n# A\n---\nb\n---\n"}


def test_an_installed_package_has_no_pages(tmp_path):
    with pytest.raises(FileNotFoundError, match="run from a checkout, or give the folder"):
        site_pages(tmp_path / "docs")
