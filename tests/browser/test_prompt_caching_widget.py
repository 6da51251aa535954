"""The break-even calculator of question 13 says what `caching_break_even.bill` says."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from whiteboard.architecture.caching_break_even import Bill, Traffic, bill
from whiteboard.data.prices import prices_seen, token_prices

pytestmark = pytest.mark.browser
PAGE = "architecture/q13-prompt-caching/"
WIDGET = "#widget-prompt-caching"
PRICES = token_prices()
OPUS = PRICES["Claude Opus 5, 5 minutes"]


def fill(page: Page, model: str, **values: float) -> None:
    page.locator(f"{WIDGET} [name=model]").select_option(model)
    base = {"prefix": 10_000, "fresh": 500, "output": 500, "requests": 60, "same": 100}
    for name, value in (base | values).items():
        page.locator(f"{WIDGET} [name={name}]").fill(str(value))


def shown(page: Page) -> list[float]:
    values = page.locator(f"{WIDGET} dd data").evaluate_all("all => all.map(e => e.value)")
    return [float(value) for value in values]


def four(found: Bill) -> Any:
    wanted = [found.hit_rate, found.needed, found.plain, found.cached]
    return pytest.approx(wanted, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("model", PRICES)
def test_the_numbers_are_pythons(page: Page, model: str) -> None:
    fill(page, model, requests=17, same=80)
    found = bill(PRICES[model], Traffic(17.0, 10_000, 500, 500, 0.8))
    assert shown(page) == four(found)
    says = f"saves {found.saved:.1%}" if found.saved > 0 else f"costs {-found.saved:.1%} more"
    expect(page.locator(f"{WIDGET} output")).to_contain_text(f"Caching {says}")


def test_the_rule_is_pythons_without_the_form(page: Page) -> None:
    hours = [
        Traffic(requests, prefix, 31, 7, same)
        for requests, prefix, same in product((0.5, 29.0, 1000.0), (100, 5003), (0.0, 0.3, 1.0))
    ]
    cases = [(price, hour) for price in PRICES.values() for hour in hours]
    got = page.evaluate(
        """async cases => {
          const script = document.querySelector('script[src*="widget-prompt-caching"]')
          const {bill} = await import(script.src)
          return cases.map(([price, traffic]) => bill(price, traffic))
        }""",
        [[asdict(price), asdict(hour)] for price, hour in cases],
    )
    for each, (price, hour) in zip(got, cases, strict=True):
        assert each == pytest.approx(asdict(bill(price, hour)), rel=1e-9, abs=1e-12)


def test_own_premium_discount_and_lifetime(page: Page) -> None:
    fill(page, OPUS.model, requests=6)
    for name, value in {"write": 1.5, "read": 0.25, "lifetime": 20}.items():
        page.locator(f"{WIDGET} [name={name}]").fill(str(value))
    price = replace(OPUS, cache_write=7.5, cache_read=1.25, lifetime=20.0)
    assert shown(page) == four(bill(price, Traffic(6.0, 10_000, 500, 500)))
    page.locator(f"{WIDGET} [name=model]").select_option("Claude Opus 5, 1 hour")
    expect(page.get_by_label("Lifetime, minutes")).to_have_value("60")
    expect(page.get_by_label("Write, times the input price")).to_have_value("2")


def test_keyboard_labels_and_errors(page: Page) -> None:
    fill(page, OPUS.model)
    expect(page.get_by_label(f"Price list of {prices_seen()}")).to_have_value(OPUS.model)
    prefix, says = page.get_by_label("Prefix, tokens"), page.locator(f"{WIDGET} output")
    prefix.fill("512")
    prefix.focus()
    expect(says).to_contain_text("Caching saves")
    page.keyboard.press("ArrowDown")
    expect(says).to_have_text(
        "Nothing is cached: Claude Opus 5, 5 minutes keeps no prefix under 512 tokens."
    )
    page.keyboard.press("Tab")
    expect(page.get_by_label("Further input, tokens")).to_be_focused()
    prefix.fill("0")
    expect(prefix).to_have_attribute("aria-invalid", "true")
    expect(says).to_have_text("Prefix, tokens: give a whole number from 1 to 1,000,000.")
    expect(says).to_have_attribute("aria-live", "polite")
    fill(page, OPUS.model, same=0)
    expect(says).to_contain_text("more.")
    expect(prefix).to_have_attribute("aria-invalid", "false")
