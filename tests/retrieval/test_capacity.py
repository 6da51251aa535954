"""The arithmetic against counting, and against what FAISS really keeps."""

import numpy as np
import pytest

from whiteboard.data import record
from whiteboard.retrieval.capacity import (
    flat_bytes,
    hnsw_bytes,
    in_flight,
    nodes_for,
    replicas_for,
    scan_queries_per_second,
    share_of_slow_answers,
)


def test_memory_is_that_of_an_array():
    assert flat_bytes(1000, 384) == np.zeros((1000, 384), np.float32).nbytes
    assert flat_bytes(1000, 384, 2) == np.zeros((1000, 384), np.float16).nbytes
    assert flat_bytes(1000, 384, 1 / 8) == np.packbits(np.zeros((1000, 384), bool), axis=1).nbytes


def test_the_graph_is_as_large_as_faiss_says():
    for row in record("retrieval")["results"]["hnsw"]:
        formula = hnsw_bytes(row["vectors"], row["dim"], links=row["links"])
        assert formula == pytest.approx(row["bytes"], rel=0.01)
        # Without the lowest level's double share of links it would be wrong by more than that.
        links = row["links"]
        without = formula - 4 * row["vectors"] * links
        assert without != pytest.approx(row["bytes"], rel=0.01)


def test_machines():
    assert nodes_for(700, 100) == 10
    assert nodes_for(701, 100) == 11
    assert nodes_for(100, 100, filled=1) == 1
    assert replicas_for(1000, 100) == 17
    assert scan_queries_per_second(2e9, 40e9) == 20
    assert scan_queries_per_second(2e9, 40e9, batch=8) == 160


def test_waiting_for_the_slowest_shard():
    rng = np.random.default_rng(0)
    slow = rng.random((200_000, 10)) < 0.01
    assert share_of_slow_answers(0.01, 10) == pytest.approx(slow.any(1).mean(), abs=0.002)
    assert in_flight(1000, 0.25) == 250


@pytest.mark.parametrize("filled", [0, 1.1])
def test_shares_out_of_range(filled):
    with pytest.raises(ValueError, match="above 0 and up to 1"):
        nodes_for(1, 1, filled=filled)
    with pytest.raises(ValueError, match="between 0 and 1"):
        replicas_for(1, 1, utilization=filled)
