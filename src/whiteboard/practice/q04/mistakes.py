"""Known wrong ways to split a budget, and to count the N of 6ND."""

from __future__ import annotations

from whiteboard.architecture.published_laws import Allocation, ParametricLaw
from whiteboard.architecture.scaling_laws import compute_optimal, serving_optimal
from whiteboard.practice.core import Variant
from whiteboard.practice.q04 import checks


def twenty_tokens_per_parameter(law: ParametricLaw, compute: float) -> Allocation:
    """right near one budget of one fit; elsewhere the same FLOPs buy a higher loss"""
    size = (compute / 120) ** 0.5
    return Allocation(size, 20 * size)


def exponents_swapped(law: ParametricLaw, compute: float) -> Allocation:
    """hard to see while alpha and beta are close; the error grows with the budget"""
    both = law.alpha + law.beta
    scale = (law.alpha * law.A / (law.beta * law.B)) ** (1 / both)
    size = scale * (compute / 6) ** (law.alpha / both)
    return Allocation(size, compute / (6 * size))


def forward_pass_only(law: ParametricLaw, compute: float) -> Allocation:
    """2ND for 6ND: the plan needs three times the FLOPs that are there"""
    return compute_optimal(law, 3 * compute)


def serving_ignored(law: ParametricLaw, loss: float, served: float) -> Allocation:
    """the cheapest training, and a model that is too dear for every token it serves"""
    return serving_optimal(law, loss, 0.0)


def served_tokens_at_6n(law: ParametricLaw, loss: float, served: float) -> Allocation:
    """serving has no backward pass: the model comes out too small"""
    return serving_optimal(law, loss, 3 * served)


def smaller_at_the_same_tokens(law: ParametricLaw, loss: float, served: float) -> Allocation:
    """a smaller model on no more tokens: cheaper because it is worse"""
    size = serving_optimal(law, loss, served).num_parameters
    return Allocation(size, serving_optimal(law, loss, 0.0).tokens)


def embeddings_counted_twice(num_parameters: int, **shape: int) -> int:
    """6ND is too large, most of all for a small model with a large vocabulary"""
    table = shape["vocab_size"] * shape["hidden_size"]
    return num_parameters + (table if shape["tie_embeddings"] else 0)


def embeddings_left_out(num_parameters: int, **shape: int) -> int:
    """Kaplan's count: the output product is real work, and small models look smaller"""
    table = shape["vocab_size"] * shape["hidden_size"]
    return num_parameters - (table if shape["tie_embeddings"] else 2 * table)


MISTAKES = (
    # Of `compute_optimal`.
    Variant.of(twenty_tokens_per_parameter, caught_by=[checks.no_split_has_a_lower_loss]),
    Variant.of(exponents_swapped, caught_by=[checks.no_split_has_a_lower_loss]),
    Variant.of(
        forward_pass_only, caught_by=[checks.no_split_has_a_lower_loss, checks.the_budget_is_spent]
    ),
    # Of `serving_optimal`.
    Variant.of(serving_ignored, caught_by=[checks.no_model_of_the_loss_costs_less]),
    Variant.of(served_tokens_at_6n, caught_by=[checks.no_model_of_the_loss_costs_less]),
    Variant.of(smaller_at_the_same_tokens, caught_by=[checks.the_loss_is_reached]),
    # Of `parameters_in_products`.
    Variant.of(
        embeddings_counted_twice,
        caught_by=[checks.a_lookup_is_no_product, checks.the_output_matrix_is_a_product],
    ),
    Variant.of(
        embeddings_left_out,
        caught_by=[checks.a_lookup_is_no_product, checks.the_output_matrix_is_a_product],
    ),
)
