"""Scaling laws: the papers' own tables, a search by brute force, and a published saving."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from whiteboard.architecture.published_laws import (
    BESIROGLU,
    GOPHER_BUDGET,
    HOFFMANN_1,
    HOFFMANN_2,
    HOFFMANN_3,
    HOFFMANN_3_UNROUNDED,
    PUBLISHED,
    ParametricLaw,
)
from whiteboard.architecture.scaling_laws import (
    compute_optimal,
    optimum,
    scaling_laws_widget,
    serving_optimal,
    tokens_for,
)

SARDANA = ParametricLaw(E=1.69, A=406.4, alpha=0.336, B=410.7, beta=0.283)
PARAMETRIC = (HOFFMANN_3, HOFFMANN_3_UNROUNDED, BESIROGLU)


@pytest.mark.parametrize(
    ("law", "rows", "within"),
    [  # parameters, FLOPs, tokens
        (HOFFMANN_1, [(4e8, 1.92e19, 8e9), (1e10, 1.23e22, 205.1e9)], 0.1),
        (HOFFMANN_2, [(1e9, 1.20e20, 20e9), (280e9, 1.18e25, 7.1e12)], 0.1),
        (HOFFMANN_3_UNROUNDED, [(1e9, 1.62e20, 27.1e9), (67e9, 1.71e24, 4.1e12)], 0.06),
    ],
)  # fmt: skip
def test_hoffmanns_tables_3_and_a3(law, rows, within):
    for num_parameters, compute, tokens in rows:
        assert optimum(law, compute) == pytest.approx((num_parameters, tokens), rel=within)


def test_the_formula_at_gophers_budget_says_40b_as_the_paper_does():
    assert compute_optimal(HOFFMANN_3_UNROUNDED, GOPHER_BUDGET).num_parameters == pytest.approx(
        40e9, rel=0.02
    )
    # The printed digits are rounded, and say something else.
    assert compute_optimal(HOFFMANN_3, GOPHER_BUDGET).num_parameters == pytest.approx(
        32e9, rel=0.02
    )


def test_chinchilla_and_the_refit_agree():
    """Besiroglu et al. find their refit in line with the 70B and 1.4T that were trained."""
    assert compute_optimal(BESIROGLU, GOPHER_BUDGET) == pytest.approx((70e9, 1.4e12), rel=0.06)
    assert BESIROGLU.beta / (BESIROGLU.alpha + BESIROGLU.beta) == pytest.approx(0.5126, abs=1e-4)


@pytest.mark.parametrize("law", PARAMETRIC)
@pytest.mark.parametrize("compute", [7e18, 3e23])
def test_no_other_split_of_the_budget_has_a_lower_loss(law, compute):
    found = minimize_scalar(
        lambda x: law.loss(np.exp(x), compute / 6 / np.exp(x)), bounds=(10, 35), method="bounded",
        options={"xatol": 1e-9},
    )  # fmt: skip
    best = compute_optimal(law, compute)
    assert best.num_parameters == pytest.approx(np.exp(found.x), rel=1e-3)
    assert 6 * best.num_parameters * best.tokens == pytest.approx(compute)


@pytest.mark.parametrize("served", [0.0, 2e12, 1e15])
@pytest.mark.parametrize("law", PARAMETRIC)
def test_no_other_model_of_the_loss_costs_less(law, served):
    loss = law.loss(13e9, 260e9)

    def cost(x: float) -> float:
        size = np.exp(x)
        return 6 * size * tokens_for(law, loss, size) + 2 * size * served

    best = serving_optimal(law, loss, served)
    sizes = np.linspace(np.log(best.num_parameters) - 3, np.log(best.num_parameters) + 3, 6001)
    assert cost(np.log(best.num_parameters)) <= min(map(cost, sizes)) * (1 + 1e-9)
    assert law.loss(*best) == pytest.approx(loss, rel=1e-9)


def test_without_serving_it_is_the_training_optimum():
    best = compute_optimal(BESIROGLU, 1e23)
    got = serving_optimal(BESIROGLU, BESIROGLU.loss(*best), 0.0)
    assert got == pytest.approx(best, rel=1e-6)


def test_the_saving_that_sardana_publishes():
    """13B against 7B at equal loss and 2T tokens served: 1.7e22 FLOPs, 17%."""
    at_13b = minimize_scalar(
        lambda c: abs(np.log(compute_optimal(SARDANA, np.exp(c)).num_parameters / 13e9)),
        bounds=(48, 55), method="bounded", options={"xatol": 1e-9},
    )  # fmt: skip
    large = compute_optimal(SARDANA, np.exp(at_13b.x))
    small = (7e9, tokens_for(SARDANA, SARDANA.loss(*large), 7e9))
    costs = [6 * n * d + 2 * n * 2e12 for n, d in (large, small)]
    assert costs[0] - costs[1] == pytest.approx(1.7e22, rel=0.01)
    assert 1 - costs[1] / costs[0] == pytest.approx(0.17, abs=0.005)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="a budget wants positive FLOPs, got 0"):
        compute_optimal(BESIROGLU, 0.0)
    with pytest.raises(ValueError, match=r"wanted a loss above E = 1\.8172"):
        serving_optimal(BESIROGLU, 1.8, 1e12)
    with pytest.raises(ValueError, match="served >= 0, got 2 and -5"):
        serving_optimal(BESIROGLU, 2.0, -5.0)
    assert tokens_for(BESIROGLU, 1.9, 1e6) == np.inf


def test_the_widget_has_every_fit():
    fits = scaling_laws_widget()["fits"]
    assert [fit["name"] for fit in fits] == list(PUBLISHED)
    assert {"compute", "num_parameters", "exponent"} <= fits[0].keys()
    assert {"E", "A", "alpha", "B", "beta"} <= fits[3].keys()
