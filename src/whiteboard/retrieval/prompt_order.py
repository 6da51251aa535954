"""The order in which ranked chunks stand in a prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax.numpy as jnp
from jaxtyping import Array, Shaped


# --8<-- [start:ends]
def best_at_the_ends(ranked: Shaped[Array, " chunks"]) -> Shaped[Array, " chunks"]:
    """Odd ranks from the front, even ranks from the back: the weakest chunk is in the middle.

    Args:
        ranked: the chunks, or their numbers, best first. Seven become 1 3 5 7 6 4 2.
    """
    return jnp.concatenate([ranked[::2], ranked[1::2][::-1]])


# --8<-- [end:ends]


def best_first(ranked: Shaped[Array, " chunks"]) -> Shaped[Array, " chunks"]:
    """As a retriever returns them: nothing moves."""
    return ranked


def best_last(ranked: Shaped[Array, " chunks"]) -> Shaped[Array, " chunks"]:
    """The best next to the question."""
    return ranked[::-1]


ORDERS: Mapping[str, Callable[[Array], Array]] = {
    "best first": best_first,
    "best last": best_last,
    "best at the ends": best_at_the_ends,
}


def share_by_order(
    hits: Shaped[Array, "lists slots"], rank_share: Shaped[Array, " slots"], order: str
) -> Shaped[Array, " lists"]:
    """The share of right answers of each list when slots are filled in that order.

    Args:
        hits: whether the answer is found in each slot.
        rank_share: share of the questions whose answering chunk has rank 1, 2, ...; adds up to 1.
        order: name of an order in `ORDERS`.

    Returns:
        A share of right answers for each list.
    """
    ranks = ORDERS[order](jnp.arange(len(rank_share)))
    return hits @ rank_share[ranks]
