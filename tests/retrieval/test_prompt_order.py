"""Orders against cards dealt from a stack, and the share of answers that an order finds."""

from collections import deque

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.prompt_order import ORDERS, best_at_the_ends, share_by_order


def dealt(count):
    """Ranks dealt from the worst, to the front and the back in turn, so that 1 ends in front.

    It is how the two libraries' reordering is described: weakest first into the middle.
    """
    line = deque()
    for rank in range(count, 0, -1):
        (line.appendleft if rank % 2 else line.append)(rank)
    return list(line)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 20])
def test_ends_are_as_dealt(count):
    assert best_at_the_ends(jnp.arange(1, count + 1)).tolist() == dealt(count)


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_loses_nothing(order):
    assert sorted(ORDERS[order](jnp.arange(11)).tolist()) == list(range(11))


def test_sorted_passages_stand_best_first_already():
    assert ORDERS["best first"](jnp.arange(5)).tolist() == [0, 1, 2, 3, 4]


def test_shares_by_hand():
    """Rank 1 in 6 of 10 queries, found only in the first and the last of three slots."""
    hits, ranks = jnp.array([[1.0, 0, 1], [0, 1.0, 0]]), jnp.array([0.6, 0.3, 0.1])
    for order, shares in {
        "best first": [0.7, 0.3],  # slots hold ranks 1 2 3
        "best last": [0.7, 0.3],  # 3 2 1
        "best at the ends": [0.9, 0.1],  # 1 3 2
    }.items():
        np.testing.assert_allclose(share_by_order(hits, ranks, order), shares, atol=1e-6)
