"""The price table: every row whole, dated, and cheaper where a prefix was kept."""

import dataclasses
import datetime

import pytest

from whiteboard.data.prices import prices_seen, token_prices


def test_every_row_has_its_source_and_its_order():
    for model, price in token_prices().items():
        assert price.model == model
        assert price.source.startswith("https://"), model
        assert price.cache_read < price.input <= price.cache_write, model
        assert price.input < price.output, model
        assert price.lifetime > 0, model


def test_the_day_is_a_day_of_2026():
    assert datetime.date.fromisoformat(prices_seen()).year == 2026


@pytest.mark.parametrize(
    "change", [{"cache_read": -0.1}, {"cache_read": 99.0}, {"cache_write": 0.01}]
)
def test_prices_out_of_order_are_refused(change):
    price = next(iter(token_prices().values()))
    with pytest.raises(ValueError, match="wanted 0 <= cache_read < input <= cache_write"):
        dataclasses.replace(price, **change)
