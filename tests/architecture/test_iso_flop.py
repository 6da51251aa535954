"""The isoFLOP fit: exact parabolas, a law that is known, noise that is known, the recorded job."""

from pathlib import Path

import numpy as np
import pytest

from whiteboard.architecture.iso_flop import bootstrap_exponents, fit_iso_flop, parabola_minimum
from whiteboard.architecture.published_laws import BESIROGLU
from whiteboard.architecture.scaling_laws import optimum
from whiteboard.data import record

JOB = "iso_flop"
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
RECORDED = record("iso_flop")["results"]
RUNS = RECORDED["runs"]


def study(exponent: float, noise: float = 0.0, seed: int = 0):
    """Three budgets of five sizes each, whose optimum is 1e4 (C / 1e10)^exponent."""
    compute = np.repeat([1e10, 1e11, 1e12], 5)
    optima = 1e4 * (compute / 1e10) ** exponent
    sizes = optima * np.tile([0.3, 0.7, 1.1, 2.3, 3.7], 3)
    losses = 2 + 0.07 * np.log(sizes / optima) ** 2
    return compute, sizes, losses + noise * np.random.default_rng(seed).normal(size=len(sizes))


def test_a_parabola_by_hand():
    """(log N - 2)^2 + 3 at log N = 0, 1 and 5."""
    size, loss = parabola_minimum(np.exp(np.array([0.0, 1.0, 5.0])), np.array([7.0, 4.0, 12.0]))
    assert (size, loss) == pytest.approx((np.exp(2), 3))


@pytest.mark.parametrize("exponent", [0.5, 0.73])
def test_a_known_exponent_comes_back(exponent):
    found = fit_iso_flop(*study(exponent))
    assert found.exponent == pytest.approx(exponent)
    assert found.optima == pytest.approx(1e4 * 10.0 ** (exponent * np.arange(3)))
    assert found.losses == pytest.approx([2, 2, 2])


def test_the_published_laws_exponent_comes_back():
    """Besiroglu's surface, sampled along three budgets about its optimum: 0.51."""
    compute = np.repeat([1e19, 1e20, 1e21], 7)
    best = np.array([optimum(BESIROGLU, c).num_parameters for c in compute])
    sizes = best * np.tile(2.0 ** np.linspace(-1, 1, 7), 3)
    losses = np.array([BESIROGLU.loss(n, c / 6 / n) for n, c in zip(sizes, compute)])
    assert fit_iso_flop(compute, sizes, losses).exponent == pytest.approx(0.5126, abs=0.002)


def test_intervals_hold_the_truth_as_often_as_they_say():
    hits = 0
    for seed in range(50):
        drawn = bootstrap_exponents(*study(0.5, noise=0.01, seed=seed), resamples=100, seed=seed)
        low, high = np.quantile(drawn, [0.05, 0.95])
        hits += low <= 0.5 <= high
    assert 39 <= hits <= 49  # 90% of 50 is 45


def test_noise_that_hides_a_minimum_gives_no_exponent():
    drawn = bootstrap_exponents(*study(0.5, noise=0.2), resamples=100)
    assert 0 < np.isnan(drawn).sum() < 100


def test_what_has_no_minimum_is_refused():
    with pytest.raises(ValueError, match="wants three sizes or more"):
        parabola_minimum(np.array([1.0, 2.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match="no minimum over these sizes"):
        parabola_minimum(np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 1.0]))


def test_the_recorded_fit_is_that_of_the_recorded_runs(job):
    got = job.exponents(RUNS)
    for name, row in RECORDED["fits"].items():
        assert got[name]["exponent"] == pytest.approx(row["exponent"], abs=1e-3)
        assert got[name]["optima"] == pytest.approx(row["optima"], rel=1e-3)
        assert got[name]["interval"] == pytest.approx(row["interval"], abs=5e-3)


def test_the_recorded_runs_spend_their_budgets(job):
    for row in RUNS:
        config = job.shape(row["width"])
        assert row["parameters"] == config.num_parameters
        steps = job.steps_of(config, row["compute"])
        assert row["tokens"] == steps * job.BATCH * job.TIME
        each = 6 * config.num_parameters + 12 * 2 * row["width"] * job.TIME
        assert each * row["tokens"] == pytest.approx(row["compute"], rel=0.01)


def test_held_out_text_is_not_trained_on(job):
    train, held_out = ({row.tobytes() for row in part} for part in job.split())
    assert len(train & held_out) < 0.01 * len(held_out)  # a line of dashes stands in many topics


def test_the_cheapest_run_gives_the_recorded_loss(job):
    row = min(RUNS, key=lambda row: row["tokens"])
    got = job.run(row["width"], row["compute"])
    assert got["loss"] == pytest.approx(row["loss"], abs=0.03)
    assert {**got, "loss": 0} == {**row, "loss": 0}


@pytest.mark.slow
def test_the_smallest_budget_gives_the_recorded_losses(job):
    smallest = min(row["compute"] for row in RUNS)
    rows = [row for row in RUNS if row["compute"] == smallest]
    got = [job.run(row["width"], row["compute"])["loss"] for row in rows]
    assert got == pytest.approx([row["loss"] for row in rows], abs=0.03)
