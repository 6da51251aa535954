"""The budget calculator of question 4 says what `scaling_laws` says."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from whiteboard.architecture.published_laws import PUBLISHED, Allocation, ParametricLaw
from whiteboard.architecture.scaling_laws import (
    optimum,
    scaling_laws_widget,
    serving_optimal,
)

pytestmark = pytest.mark.browser
PAGE = "architecture/q04-scaling-laws/"
WIDGET = "#widget-scaling-laws"


def fill(page: Page, compute: object, served: object = 0) -> None:
    page.locator(f"{WIDGET} [name=compute]").fill(str(compute))
    page.locator(f"{WIDGET} [name=served]").fill(str(served))


def best(name: str, compute: float, served: float) -> Allocation:
    law = PUBLISHED[name]
    found = optimum(law, compute)
    if served and isinstance(law, ParametricLaw):
        return serving_optimal(law, law.loss(*found), served)
    return found


@pytest.mark.parametrize(("compute", "served"), [("5.76e23", 0), ("3e19", 0), ("1e22", 2e12)])
def test_the_numbers_are_pythons(page: Page, compute: str, served: float) -> None:
    fill(page, compute, served)
    values = page.locator(f"{WIDGET} dd data").evaluate_all("all => all.map(e => Number(e.value))")
    for name, got in zip(PUBLISHED, zip(*[iter(values)] * 3, strict=True), strict=True):
        want = best(name, float(compute), served)
        assert got == pytest.approx((*want, want.tokens_per_parameter), rel=1e-6), name


def test_the_rule_is_pythons_without_the_form(page: Page) -> None:
    cases = list(product((1e18, 7e21, 3e26), (0.0, 1e11, 1e15)))
    got: list[list[Any]] = page.evaluate(
        """async ([fits, cases]) => {
          const script = document.querySelector('script[src*="widget-scaling-laws"]')
          const {servingOptimum} = await import(script.src)
          return fits.map(fit => cases.map(([c, t]) => servingOptimum(fit, c, t)))
        }""",
        [scaling_laws_widget()["fits"], cases],
    )
    for name, of_fit in zip(PUBLISHED, got, strict=True):
        for (compute, served), found in zip(cases, of_fit, strict=True):
            want = best(name, compute, served)
            assert (found["parameters"], found["tokens"]) == pytest.approx(tuple(want), rel=1e-6)


def test_labels_and_errors(page: Page) -> None:
    fill(page, "5.76e23")
    says, budget = page.locator(f"{WIDGET} output"), page.get_by_label("Training budget, FLOPs")
    expect(says).to_contain_text("The fits differ by a factor of")
    expect(says).to_have_attribute("aria-live", "polite")
    budget.fill("0")
    expect(budget).to_have_attribute("aria-invalid", "true")
    expect(says).to_contain_text("Training budget, FLOPs: give a number from")
    fill(page, "5.76e23", 1e12)
    expect(says).to_contain_text("show the training optimum")
    expect(budget).to_have_attribute("aria-invalid", "false")
