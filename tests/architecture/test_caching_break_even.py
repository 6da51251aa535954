"""Break-even points by counting, the hit rate and the bill by simulated arrivals."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from whiteboard.architecture.caching_break_even import (
    Traffic,
    bill,
    break_even_hit_rate,
    break_even_uses,
    hit_rate,
    prompt_caching_widget,
    relative_cost,
)
from whiteboard.data.prices import TokenPrice, prices_seen, token_prices

PRICE = TokenPrice("m", 2.0, 2.5, 0.2, 10.0, 3.0, 6.0, 700, "a page")


@pytest.mark.parametrize(("write", "read"), [(1.25, 0.1), (2.0, 0.1), (1.25, 0.025), (1.0, 0.1)])
def test_break_even_uses_is_where_the_sums_cross(write, read):
    crossing = break_even_uses(write, read)
    for uses in range(1, 9):
        total = write + sum(read for _ in range(uses - 1))
        assert (total < uses) == (uses > crossing)
        assert relative_cost(write, read, uses) == pytest.approx(total / uses)


def test_break_even_hit_rate_costs_what_no_cache_costs():
    rate = break_even_hit_rate(2.0, 0.1)
    assert rate * 0.1 + (1 - rate) * 2 == pytest.approx(1)
    assert rate == pytest.approx(10 / 19)


@pytest.mark.parametrize(("requests", "same"), [(30.0, 1.0), (11.0, 0.7), (3.0, 0.4)])
def test_the_hour_is_that_of_simulated_arrivals(requests, same):
    traffic = Traffic(requests, prefix=1009, fresh=101, output=53, same=same)
    draw, hours = np.random.default_rng(0), 40_000
    times = np.sort(draw.uniform(0, hours * 60, draw.poisson(requests * hours)))
    common = draw.random(len(times)) < same
    hits = stored = 0.0
    for before, after in pairwise(times[common]):
        hits += after - before <= PRICE.lifetime
        stored += min(after - before, PRICE.lifetime) / 60  # the entry of the common prefix
    stored += (~common).sum() * PRICE.lifetime / 60  # and one for each of the others
    assert hit_rate(traffic, PRICE.lifetime) == pytest.approx(hits / len(times), rel=0.02)
    usd = traffic.prefix * (hits * 0.2 + (len(times) - hits) * 2.5 + stored * 3.0)
    usd += len(times) * (101 * 2.0 + 53 * 10.0)
    assert bill(PRICE, traffic).cached == pytest.approx(usd / hours / 1e6, rel=0.02)


def test_a_hit_by_hand():
    """10,000 cached + 500 new + 500 generated, output at 5 times, hits at a tenth."""
    price = TokenPrice("m", 1.0, 1.0, 0.1, 5.0, 0.0, 1e9, 0, "a page")
    found = bill(price, Traffic(1.0, 10_000, 500, 500))
    assert found.hit_rate == 1
    assert found.plain == pytest.approx(0.013)
    assert found.cached == pytest.approx(0.004)
    assert found.saved == pytest.approx(9 / 13)


def test_below_the_minimum_nothing_happens():
    at, under = (bill(PRICE, Traffic(60.0, prefix)) for prefix in (700, 699))
    assert at.saved > 0.5
    assert (under.hit_rate, under.saved) == (0, 0)
    assert under.plain == under.cached


def test_prefixes_that_differ_cost_the_premium():
    found = bill(replace(PRICE, storage=0.0), Traffic(60.0, 1000, same=0.0))
    assert found.saved == pytest.approx(-0.25)


def test_the_table_has_a_day_and_providers():
    table = token_prices()
    assert prices_seen().startswith("2026-")
    assert all(price.source.startswith("https://") for price in table.values())
    assert [row["model"] for row in prompt_caching_widget()["prices"]] == list(table)
    with pytest.raises(ValueError, match="m: wanted 0 <= cache_read < input"):
        replace(PRICE, cache_read=2.0)
