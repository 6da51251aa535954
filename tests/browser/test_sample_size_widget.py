"""The sample-size calculator of question 17 says what `sample_size.queries_for` says."""

from __future__ import annotations

from dataclasses import asdict
from itertools import product
from statistics import NormalDist

import pytest
from playwright.sync_api import Page, expect

from whiteboard.evaluation.sample_size import CONFIDENCES, POWERS, Plan, queries_for, two_sided

pytestmark = pytest.mark.browser
PAGE = "retrieval/q17-rag-evaluation/"
WIDGET = "#widget-sample-size"
START = {"rate": 60.0, "difference": 5.0, "disagree": 20.0, "spread": 30.0}


def fill(page: Page, confidence: float = 0.95, power: float = 0.8, **percents: float) -> Plan:
    for name, value in (START | percents).items():
        page.locator(f"{WIDGET} [name={name}]").fill(f"{value:g}")
    page.get_by_label("Confidence").select_option(label=f"{confidence:.0%}")
    page.get_by_label("Power").select_option(label=f"{power:.0%}")
    shares = {name: value / 100 for name, value in (START | percents).items()}
    return Plan(**shares, confidence=confidence, power=power)


def shown(page: Page) -> dict[str, int]:
    values = page.locator(f"{WIDGET} dd data").evaluate_all("all => all.map(e => e.value)")
    names = ("paired", "separate", "graded", "interval")
    return dict(zip(names, map(int, values), strict=True))


@pytest.mark.parametrize(("confidence", "power"), [*product(CONFIDENCES, POWERS)])
def test_the_numbers_are_pythons(page: Page, confidence: float, power: float) -> None:
    plan = fill(page, confidence, power, rate=83, difference=2.5, disagree=13, spread=17)
    assert shown(page) == queries_for(plan)
    expect(page.locator(f"{WIDGET} output")).to_contain_text("for 2.5 points of hit rate.")


def test_the_textbook_numbers(page: Page) -> None:
    plan = fill(page, rate=50)
    assert shown(page) == queries_for(plan)
    assert shown(page)["interval"] == 385


def test_the_rule_is_pythons_without_the_form(page: Page) -> None:
    shares = product((0.0, 0.3, 0.7), (0.01, 0.07, 0.3), (0.3, 0.5, 1.0), (0.0, 0.21), (0.8, 0.95))
    plans = [Plan(*each[:4], power=each[4]) for each in shares]
    cases = [
        {**asdict(plan), "z": two_sided(0.95), "zPower": NormalDist().inv_cdf(plan.power)}
        for plan in plans
    ]
    got = page.evaluate(
        """async cases => {
          const script = document.querySelector('script[src*="widget-sample-size"]')
          const {queriesFor} = await import(script.src)
          return cases.map(queriesFor)
        }""",
        cases,
    )
    assert got == [queries_for(plan) for plan in plans]


def test_keyboard_labels_and_errors(page: Page) -> None:
    fill(page)
    rate, says = page.get_by_label("Hit rate now, %"), page.locator(f"{WIDGET} output")
    rate.focus()
    page.keyboard.press("Tab")
    difference = page.get_by_label("Least difference that matters, points")
    expect(difference).to_be_focused()
    before = shown(page)["paired"]
    page.keyboard.press("ArrowUp")
    assert shown(page)["paired"] < before
    difference.fill("0")
    expect(difference).to_have_attribute("aria-invalid", "true")
    expect(says).to_have_text(
        "Least difference that matters, points: give a number from 0.1 to 100."
    )
    difference.fill("25")
    expect(says).to_contain_text("The rates differ only where the systems disagree")
    fill(page)
    rate.fill("99")
    expect(says).to_contain_text("cannot rise by that much")
    expect(says).to_have_attribute("aria-live", "polite")
    fill(page)
    expect(rate).to_have_attribute("aria-invalid", "false")
