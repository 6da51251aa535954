"""The database finds what the exact search finds, after a restart too."""

import gc
import threading
import warnings

import pytest
from qdrant_client.http.exceptions import ResponseHandlingException

from whiteboard.retrieval.database import DatabaseIndex, connect
from whiteboard.retrieval.hybrid import WAYS, HybridIndex
from whiteboard.retrieval.passages import Chunk

TEXTS = (
    "The cat sat on the mat.",
    "Error E1234: the disk is full.",
    "A kitten rests on a rug, beside the other kitten.",
    "Dogs bark at the cat.",
    "The disk spins at 7200 turns a minute.",
)
QUERIES = ("E1234", "where is the young cat?", "full disk disk", "hard drive")


@pytest.fixture(scope="module")
def chunks():
    return [Chunk("doc", i, i + 1, text) for i, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def exact(chunks, minilm):
    return HybridIndex.build(chunks, minilm)


@pytest.fixture(scope="module")
def database(chunks, exact):
    client = connect(":memory:")
    yield DatabaseIndex.build(chunks, exact.encoder, client)
    client.close()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("query", QUERIES)
def test_both_find_the_same(exact, database, query, way):
    ours, theirs = exact.search(query, 3, way=way), database.search(query, 3, way=way)
    assert [hit.score for hit in theirs] == pytest.approx([hit.score for hit in ours], abs=1e-5)
    # Equal scores may come in either order.
    assert len(ours) == len(theirs)
    assert {h.chunk for h in ours} == {h.chunk for h in theirs} or _tie(ours)


def _tie(hits):
    return len({round(hit.score, 6) for hit in hits}) < len(hits)


def test_what_no_term_finds_is_no_hit(exact, database):
    for index in (exact, database):
        assert index.search("zebra", way="BM25") == []
        assert len(index.search("zebra", way="dense")) == len(TEXTS)


def test_a_folder_keeps_the_passages_and_leaves_nothing_open(chunks, exact, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        first = connect(str(tmp_path / "store"))
        index = DatabaseIndex.build(chunks, exact.encoder, first)
        wanted = index.search("young cat")
        first.close()
        again = connect(str(tmp_path / "store"))
        found = DatabaseIndex(again, index.collection, index.bm25, exact.encoder)
        assert found.search("young cat") == wanted
        again.close()
        del first, again, found
        gc.collect()


def test_building_twice_replaces(chunks, exact):
    client = connect(":memory:")
    DatabaseIndex.build(chunks, exact.encoder, client)
    index = DatabaseIndex.build(chunks[:2], exact.encoder, client)
    assert len(index.search("cat", way="dense")) == 2
    client.close()


@pytest.mark.filterwarnings("ignore:Failed to obtain server version")
def test_a_server_is_one_setting():
    client = connect("http://127.0.0.1:9")  # nobody is there
    with pytest.raises(ResponseHandlingException, match="refused"):
        client.collection_exists("passages")
    client.close()
    for thread in threading.enumerate():  # it asks for the server's version besides
        if "_check_compatibility" in thread.name:
            thread.join()


@pytest.mark.parametrize(
    ("query", "k", "way", "message"),
    [
        ("?! ...", 3, "RRF", "a letter or a digit"),
        ("", 3, "dense", "a letter or a digit"),
        ("cat", 0, "RRF", "wanted 1 or more"),
        ("cat", 3, "rrf", "wanted one of BM25, dense, RRF"),
    ],
)
def test_what_cannot_be_searched_is_refused(exact, database, query, k, way, message):
    for index in (exact, database):
        with pytest.raises(ValueError, match=message):
            index.search(query, k, way=way)


def test_a_query_of_a_million_words_and_one_of_broken_text(exact, database):
    long = "cat " * 1_000_000
    broken = b"disk \xff\xfe full".decode("utf-8", "surrogateescape")
    for index in (exact, database):
        assert "cat" in index.search(long, 1)[0].chunk.text
        assert "disk" in index.search(broken, 1)[0].chunk.text
