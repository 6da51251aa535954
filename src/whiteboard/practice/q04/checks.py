"""The checks of a budget's best split, with and without serving, and of the N of 6ND."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.published_laws import BESIROGLU, HOFFMANN_3, ParametricLaw
from whiteboard.architecture.scaling_laws import compute_optimal, serving_optimal
from whiteboard.architecture.training_flops import compiled_flops, parameters_in_products
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect, expect_close

Split = Callable[[ParametricLaw, float], tuple[float, float]]
Serve = Callable[[ParametricLaw, float, float], tuple[float, float]]
Count = Callable[..., int]
STEEP = ParametricLaw(E=0.5, A=900.0, alpha=0.5, B=300.0, beta=0.25)
LAWS = {"the refit": BESIROGLU, "Hoffmann's formula": HOFFMANN_3, "alpha 0.5, beta 0.25": STEEP}
SIZES = np.geomspace(1e5, 1e14, 18_001)


def no_split_has_a_lower_loss(split: Split) -> None:
    """Of 18,001 sizes on the line 6 N D = C, none has a lower loss."""
    for name, law in LAWS.items():
        for compute in (1e19, 3e24):
            losses = law.E + law.A / SIZES**law.alpha
            losses += law.B / (compute / 6 / SIZES) ** law.beta
            given = f"{compute:g} FLOPs, {name}, log10 N"
            got, want = np.log10(split(law, compute)[0]), np.log10(SIZES[np.argmin(losses)])
            expect_close(np.asarray(got), want, given, atol=0.003, rtol=0.0)


def the_budget_is_spent(split: Split) -> None:
    """6 N D = C."""
    for name, law in LAWS.items():
        size, tokens = split(law, 3e24)
        expect(
            abs(6 * size * tokens / 3e24 - 1) < 1e-6,
            f"{name}: a budget of 3e+24 FLOPs, and 6ND is {6 * size * tokens:.3g}",
        )


CASES = ((BESIROGLU, (1.3e10, 2.6e11)), (HOFFMANN_3, (1e9, 2e10)), (STEEP, (1e9, 1e12)))


def no_model_of_the_loss_costs_less(serve: Serve) -> None:
    """Of 18,001 sizes that reach the loss, none costs fewer FLOPs to train and serve."""
    for law, model in CASES:
        loss = law.loss(*model)
        left = loss - law.E - law.A / SIZES**law.alpha
        size, left = SIZES[left > 0], left[left > 0]
        tokens = (law.B / left) ** (1 / law.beta)
        for served in (0.0, 1e12, 1e14):
            costs = 6 * size * tokens + 2 * size * served
            got, want = np.log10(serve(law, loss, served)[0]), np.log10(size[np.argmin(costs)])
            given = f"loss {loss:.3g}, {served:g} tokens served, log10 N"
            expect_close(np.asarray(got), want, given, atol=0.003, rtol=0.0)


def the_loss_is_reached(serve: Serve) -> None:
    """The N and D have the loss that was asked for."""
    for law, model in CASES:
        loss = law.loss(*model)
        size, tokens = serve(law, loss, 1e13)
        got = law.E + law.A / size**law.alpha + law.B / tokens**law.beta
        expect(abs(got - loss) < 1e-6, f"wanted a loss of {loss:.4f}, got a model of {got:.4f}")


TABLE = {"vocab_size": 101, "hidden_size": 13}


def _multiplied() -> float:
    """What XLA counts for a lookup and an output product, in weights: FLOPs / 2 a token."""
    table, ids = jnp.ones((TABLE["vocab_size"], TABLE["hidden_size"])), jnp.arange(7)
    return compiled_flops(lambda table, head: table[ids] @ head.T, table, table) / 2 / len(ids)


def a_lookup_is_no_product(count: Count) -> None:
    """Two tables of their own: XLA multiplies by one of them."""
    stored = 2 * TABLE["vocab_size"] * TABLE["hidden_size"]
    got, want = count(stored, tie_embeddings=False, **TABLE), round(_multiplied())
    expect(got == want, f"{stored:,} weights in two tables: XLA multiplies {want:,}, got {got:,}")


def the_output_matrix_is_a_product(count: Count) -> None:
    """One tied table: XLA multiplies by it once."""
    stored = TABLE["vocab_size"] * TABLE["hidden_size"]
    got, want = count(stored, tie_embeddings=True, **TABLE), round(_multiplied())
    expect(got == want, f"{stored:,} weights in a tied table: XLA multiplies {want:,}, got {got:,}")


def _counts(count: Count) -> list[int]:
    return [count(9_999, tie_embeddings=tied, **TABLE) for tied in (True, False)]


EXERCISES = (
    Exercise.of(
        compute_optimal,
        checks=(no_split_has_a_lower_loss, the_budget_is_spent),
        probe=lambda split: [np.log(split(law, 1e21)) for law in LAWS.values()],
    ),
    Exercise.of(
        serving_optimal,
        checks=(no_model_of_the_loss_costs_less, the_loss_is_reached),
        probe=lambda serve: [np.log(serve(BESIROGLU, 2.1, served)) for served in (1e12, 1e13)],
    ),
    Exercise.of(
        parameters_in_products,
        checks=(a_lookup_is_no_product, the_output_matrix_is_a_product),
        probe=_counts,
    ),
)
