"""Sample sizes against simulated experiments; McNemar's test by hand."""

import dataclasses
import math

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from whiteboard.evaluation.sample_size import (
    Plan,
    calculator,
    mcnemar,
    queries_for,
    queries_needed,
    two_sided,
)

PLAN = Plan(rate=0.6, difference=0.06, disagree=0.17, spread=0.31)


def test_the_textbook_385():
    assert queries_for(dataclasses.replace(PLAN, rate=0.5, difference=0.05))["interval"] == 385


def test_the_interval_is_as_wide_as_asked():
    n = queries_for(PLAN)["interval"]
    half = [1.959964 * math.sqrt(0.6 * 0.4 / m) for m in (n - 1, n)]
    assert half[1] <= PLAN.difference < half[0]


def test_connors_formula_by_hand_where_every_disagreement_is_a_gain():
    """(1.96 * 0.5477 + 0.8416 * sqrt(0.3 - 0.09))^2 / 0.09 = 23.7."""
    certain = Plan(rate=0.5, difference=0.3, disagree=0.3, spread=0.3)
    assert queries_for(certain)["paired"] == 24


@pytest.mark.parametrize(("confidence", "power"), [(0.95, 0.8), (0.9, 0.95)])
def test_so_many_queries_find_the_difference_as_often_as_planned(confidence, power):
    """20,000 simulated experiments a design; two standard errors of the share are 0.006."""
    plan = dataclasses.replace(PLAN, confidence=confidence, power=power)
    needed, draw = queries_for(plan), np.random.default_rng(17)
    z = norm.ppf((1 + confidence) / 2)

    n = needed["separate"]
    first, second = (draw.binomial(n, p, 20_000) / n for p in (plan.rate, plan.rate + 0.06))
    error = np.sqrt((first * (1 - first) + second * (1 - second)) / n)
    assert np.mean((second - first) / error > z) == pytest.approx(power, abs=0.015)

    n, gained = needed["paired"], (plan.disagree + plan.difference) / 2
    counts = draw.multinomial(n, [gained, plan.disagree - gained, 1 - plan.disagree], 20_000)
    score = (counts[:, 0] - counts[:, 1]) / np.sqrt(counts[:, 0] + counts[:, 1])
    assert np.mean(score > z) == pytest.approx(power, abs=0.015)

    n = needed["graded"]
    means = draw.normal(0.06, 0.31 / math.sqrt(n), 20_000)
    assert np.mean(means / (0.31 / math.sqrt(n)) > z) == pytest.approx(power, abs=0.015)


def test_from_a_pilot_the_pairs_decide():
    """Two systems that rise and fall together need few; the formula in float64."""
    draw = np.random.default_rng(0)
    hard = draw.random(200)
    first, second = hard + 0.05 * draw.normal(size=200), hard + 0.05 * draw.normal(size=200)
    want = ((norm.ppf(0.975) + norm.ppf(0.8)) * np.std(first - second, ddof=1) / 0.02) ** 2
    got = queries_needed(*(jnp.asarray(x, jnp.float32) for x in (first, second)), 0.02)
    assert got == pytest.approx(want, rel=1e-4)
    assert want < 110
    assert two_sided(0.95) == pytest.approx(norm.ppf(0.975))


def test_mcnemar_counts_only_disagreements():
    """8 gained and 1 lost: two tails of 9 coins, (1 + 9) * 2 / 512."""
    assert mcnemar(8, 1) == pytest.approx(20 / 512)
    assert mcnemar(5, 5) == 1
    assert mcnemar(0, 0) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"difference": 0.0}, "wanted 0 < difference"),
        ({"disagree": 0.05}, "the rates differ only where"),
        ({"rate": 0.95}, "rate: wanted 0 to 0.94"),
    ],
)
def test_plans_that_cannot_be(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(PLAN, **change)


def test_the_widgets_quantiles():
    data = calculator()
    for row in data["confidences"]:
        assert row["z"] == pytest.approx(norm.ppf((1 + row["share"]) / 2))
    assert [row["share"] for row in data["powers"]] == [0.8, 0.9, 0.95]
