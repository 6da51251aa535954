"""The checks of HyDE's vector, and of where its gain may be reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close
from whiteboard.retrieval.hyde import hyde_vector
from whiteboard.retrieval.studies.hyde_gain import held_out_gain

Function = Callable[..., Any]
QUERY = jnp.array([0.8, 0.0, 0.6])
DEVELOPMENT = jnp.array([True, False, True, False, False, True, False])
PLAIN = jnp.full(7, 0.5)


def _texts() -> tuple[Array, Array]:
    """Three queries and five documents of each, of lengths far from 1."""
    draw = np.random.default_rng(20)
    documents = draw.normal(size=(3, 5, 7)) * draw.uniform(0.2, 9.0, size=(3, 5, 1))
    return jnp.asarray(draw.normal(size=(3, 7)), jnp.float32), jnp.asarray(documents, jnp.float32)


def _settings() -> Array:
    """The first shines on the development half, the second on the other, the third on neither."""
    first = jnp.where(DEVELOPMENT, 0.9, 0.4)
    second = jnp.where(DEVELOPMENT, 0.6, 0.95)
    return jnp.stack([first, second, PLAIN])


def follows_equation_8(vector: Function) -> None:
    """(f(q) + sum of f(d)) / (N + 1) of unit vectors, at length 1, computed in float64."""
    query, documents = _texts()
    want = []
    for q, written in zip(np.asarray(query, np.float64), np.asarray(documents, np.float64)):
        mean = np.mean([x / np.sqrt(x @ x) for x in (q, *written)], axis=0)
        want.append(mean / np.sqrt(mean @ mean))
    expect_close(vector(query, documents), np.array(want), "3 queries, 5 documents each")


def the_query_has_its_say(vector: Function) -> None:
    """Documents on another topic cannot take the whole vector from the query."""
    got = vector(QUERY, jnp.array([[0.0, 1.0, 0.0]] * 2))
    cosine = float(got @ QUERY)
    expect(cosine > 0.1, f"2 documents at right angles to the query: their cosine {cosine:.2f}")


def every_document_counts(vector: Function) -> None:
    """Another last document gives another vector."""
    query, documents = _texts()
    turned = documents.at[:, -1].multiply(-1)
    moved = float(jnp.abs(vector(query, turned) - vector(query, documents)).max())
    expect(moved > 1e-3, f"the last document turned round: changed by {moved:.3f}")


def length_changes_nothing(vector: Function) -> None:
    """A document's vector a hundred times as long is the same document."""
    query, documents = _texts()
    longer = documents.at[:, 2].multiply(100.0)
    expect_close(vector(query, longer), vector(query, documents), "document 3 times 100")


def scores_are_cosines(vector: Function) -> None:
    """The result has length 1, so that a threshold means what it meant before."""
    got = vector(QUERY, jnp.array([[0.0, 1.0, 0.0], [0.6, 0.0, -0.8]]))
    length = float(jnp.linalg.norm(got))
    expect(abs(length - 1) < 1e-4, f"wanted length 1, got {length:.2f}: so its scores are smaller")


def reports_the_held_out_half(gain: Function) -> None:
    """One setting, +0.4 on the development half and -0.1 on the other: -0.1."""
    got = gain(_settings()[:1], PLAIN, DEVELOPMENT).difference
    expect(abs(got + 0.1) < 1e-5, f"wanted -0.1 of the held-out queries, got {got:+.3f}")


def the_held_out_half_does_not_choose(gain: Function) -> None:
    """What shines on the held-out half alone is not taken."""
    got = gain(_settings(), PLAIN, DEVELOPMENT).difference
    expect(got < 0, f"development's choice gives -0.1 elsewhere, got {got:+.3f}")


def luck_does_not_pay(gain: Function) -> None:
    """The luckiest of a hundred settings that change nothing gains nothing, on average."""
    draw, gains = np.random.default_rng(8), []
    for _ in range(20):
        noise = jnp.asarray(draw.normal(0.5, 0.2, size=(100, 20)), jnp.float32)
        development = jnp.asarray(draw.permutation(20) < 10)
        gains.append(gain(noise, jnp.full(20, 0.5), development).difference)
    mean = float(np.mean(gains))
    expect(abs(mean) < 0.05, f"100 settings of noise, 20 times over: a mean gain of {mean:+.2f}")


EXERCISES = (
    Exercise.of(
        hyde_vector,
        checks=(
            follows_equation_8,
            the_query_has_its_say,
            every_document_counts,
            length_changes_nothing,
            scores_are_cosines,
        ),
        probe=lambda vector: vector(*_texts()),
    ),
    Exercise.of(
        held_out_gain,
        checks=(reports_the_held_out_half, the_held_out_half_does_not_choose, luck_does_not_pay),
        probe=lambda gain: jnp.array(
            [
                gain(_settings()[rows], PLAIN, DEVELOPMENT).difference
                for rows in (slice(1), slice(None))
            ]
        ),
    ),
)
