"""The roofline calculator of the page on sharded training says what `roofline.plan` says."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from whiteboard.architecture.roofline import BY_NAME, MODELS, plan, sharding_widget
from whiteboard.data.accelerators import accelerators

pytestmark = pytest.mark.browser
PAGE = "architecture/sharded-training/"
WIDGET = "#widget-sharding"
AXES = ("data", "fsdp", "tensor", "expert")  # in the order of the form
FIELDS = ("model", "chip", *AXES, "sequences", "length", "microbatches")
CASES = [
    ("Llama 3.1 8B", "H100 80 GB", 8, 1, 1, 1, 8, 8192, 1),
    ("Llama 3.1 70B", "B200 180 GB", 2, 16, 8, 1, 128, 4096, 4),
    ("Llama 3.1 405B", "TPU v5p 95 GB", 4, 256, 4, 1, 2048, 8192, 2),
    ("Mixtral 8x7B", "TPU v6e 32 GB", 1, 8, 2, 8, 512, 2048, 1),
    ("Mixtral 8x7B", "A100 80 GB", 2, 2, 16, 4, 16, 1024, 1),
]


def fill(page: Page, case: tuple[Any, ...]) -> None:
    for name, value in zip(FIELDS, case, strict=True):
        control = page.locator(f"{WIDGET} [name={name}]")
        if name in ("model", "chip"):
            control.select_option(str(value))
        else:
            control.fill(str(value))


def python(case: tuple[Any, ...]) -> Any:
    model, chip, *sizes, sequences, length, microbatches = case
    return plan(
        BY_NAME[model], accelerators()[chip], dict(zip(AXES, sizes)),
        sequences=sequences, length=length, microbatches=microbatches,
    )  # fmt: skip


def numbers(found: Any) -> list[float]:
    return [
        found.state, found.gathered, found.activations, found.compute, found.reading,
        *(found.collectives[axis] for axis in AXES),
    ]  # fmt: skip


BOUNDS = {"compute": "arithmetic", "reading": "the chip's own memory"} | {
    axis: f"the {axis} axis" for axis in AXES
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} on {case[1]}")
def test_the_numbers_are_pythons(page: Page, case: tuple[Any, ...]) -> None:
    fill(page, case)
    wanted = python(case)
    shown = page.locator(f"{WIDGET} dd data").evaluate_all("all => all.map(e => Number(e.value))")
    assert shown == pytest.approx(numbers(wanted), rel=1e-9)
    fits = wanted.memory <= accelerators()[case[1]].memory
    says = page.locator(f"{WIDGET} output")
    expect(says).to_contain_text("It fits" if fits else "It does not fit")
    expect(says).to_contain_text(f"Bound by {BOUNDS[wanted.bound]}")


def test_the_cases_cover_fits_and_bounds() -> None:
    found = [(python(case), accelerators()[case[1]].memory) for case in CASES]
    assert {each.memory <= memory for each, memory in found} == {True, False}
    assert len({each.bound for each, _ in found}) >= 2


def test_every_model_on_every_chip_without_the_form(page: Page) -> None:
    cases = [(m.name, chip, 2, 4, 8, 1, 64, 4096, 2) for m in MODELS for chip in accelerators()]
    got: list[Any] = page.evaluate(
        """async ([data, cases]) => {
          const script = document.querySelector('script[src*="widget-sharding"]')
          const {plan} = await import(script.src)
          return cases.map(([model, chip, d, f, t, e, sequences, length, microbatches]) => {
            const found = plan(
              data.models.find(each => each.name === model),
              data.accelerators.find(each => each.name === chip),
              {data: d, fsdp: f, tensor: t, expert: e}, {sequences, length, microbatches})
            const {collectives: c, ...rest} = found
            return [rest.state, rest.gathered, rest.activations, rest.compute, rest.reading,
              c.data, c.fsdp, c.tensor, c.expert]
          })
        }""",
        [sharding_widget(), [list(case) for case in cases]],
    )
    for case, found in zip(cases, got, strict=True):
        assert found == pytest.approx(numbers(python(case)), rel=1e-9), case


def test_keyboard_labels_and_errors(page: Page) -> None:
    fill(page, CASES[0])
    sequences, says = page.get_by_label("Sequences in the batch"), page.locator(f"{WIDGET} output")
    sequences.focus()
    page.keyboard.press("ArrowUp")
    expect(says).to_have_text(
        "Sequences: give a multiple of 8, data x fsdp x expert x microbatches."
    )
    expect(sequences).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("ArrowDown")
    expect(says).to_contain_text("Bound by")
    expect(says).to_have_attribute("aria-live", "polite")
    expect(sequences).to_have_attribute("aria-invalid", "false")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Tokens of a sequence")).to_be_focused()
    experts = page.get_by_label("Devices along expert")
    experts.fill("2")
    sequences.fill("16")
    expect(says).to_have_text("Llama 3.1 8B is dense: leave expert at 1.")
    experts.fill("0")
    expect(says).to_contain_text("Devices along expert: give a whole number from 1 to 65,536.")
