"""The KV-cache calculator of question 2 says what `published_caches.fit` says."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from whiteboard.architecture.cache_bytes import DTYPES
from whiteboard.architecture.published_caches import ACCELERATORS, BY_NAME, MODELS, fit

pytestmark = pytest.mark.browser
PAGE = "architecture/q02-kv-cache/"
FIELDS = ("model", "tokens", "batch", "dtype", "accelerator", "devices", "weights", "reserved")
CASES = [
    ("Llama 3.1 70B", 8192, 32, "bf16", "H100 80 GB", 8, "bf16", 0),
    ("Llama 3.1 70B", 100_000, 32, "fp8", "H200 141 GB", 8, "fp8", 10),
    ("Llama 3.1 405B", 131_072, 1, "int4", "B200 180 GB", 8, "bf16", 7),
    ("Gemma 3 27B", 100_000, 7, "int8", "A100 80 GB", 1, "bf16", 13),
    ("gpt-oss 120B", 127, 3, "bf16", "H100 80 GB", 4, "int4 with scales", 3),
    ("Mistral 7B v0.1", 5000, 2, "int4", "L4 24 GB", 1, "bf16", 10),
    ("DeepSeek-V3", 100_000, 64, "bf16", "TPU v6e 32 GB", 64, "fp8", 5),
    ("Falcon 7B", 2048, 11, "bf16", "TPU v5e 16 GB", 1, "fp8", 0),
    ("Llama 2 7B", 4096, 10_000, "fp8", "TPU v5p 95 GB", 1, "bf16", 90),
]


def fill(page: Page, case: tuple[Any, ...]) -> None:
    for name, value in zip(FIELDS, case, strict=True):
        control = page.locator(f"#widget-kv-cache [name={name}]")
        if name in ("model", "dtype", "accelerator", "weights"):
            control.select_option(str(value))
        else:
            control.fill(str(value))


def python(case: tuple[Any, ...]) -> Any:
    name, tokens, batch, dtype, accelerator, devices, weights, reserved = case
    return fit(
        BY_NAME[name], tokens=tokens, batch=batch, dtype=DTYPES[dtype], accelerator=accelerator,
        devices=devices, weights=weights, reserved_percent=reserved,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[3]}")
def test_the_numbers_are_pythons(page: Page, case: tuple[Any, ...]) -> None:
    fill(page, case)
    wanted = python(case)
    shown = page.locator("#widget-kv-cache dd data").evaluate_all("all => all.map(e => e.value)")
    assert [int(value) for value in shown] == [
        wanted.bytes_per_token, wanted.sequence_bytes, wanted.cache_bytes, wanted.weight_bytes,
        wanted.free_bytes,
    ]  # fmt: skip
    if wanted.free_bytes <= 0:
        says = "The weights alone do not fit"
    else:
        fits = "fits" if case[2] <= wanted.largest_batch else "does not fit"
        says = f"Largest batch that fits: {wanted.largest_batch:,}. Batch {case[2]:,} {fits}."
    expect(page.locator("#widget-kv-cache output")).to_contain_text(says)


def test_the_cases_cover_what_can_be_chosen() -> None:
    found = [python(case) for case in CASES]
    assert {case[3] for case in CASES} == set(DTYPES)
    assert {case[4] for case in CASES} == set(ACCELERATORS)
    assert any(f.free_bytes <= 0 for f in found)
    assert any(0 < f.largest_batch < case[2] for f, case in zip(found, CASES))


def test_every_model_is_exact(page: Page) -> None:
    """The exported function on every model and dtype, without the form."""
    asked = [(m.name, m.max_length, 8, d, "H100 80 GB", 72, "int4 with scales", 11)
             for m in MODELS for d in DTYPES]  # fmt: skip
    got = page.evaluate(
        """async choices => {
          const script = document.querySelector('script[src*="widget-kv-cache"]')
          const {fit} = await import(script.src)
          const text = document.querySelector("#widget-kv-cache script").textContent
          return choices.map(choice => fit(JSON.parse(text), choice))
        }""",
        [dict(zip(FIELDS, each, strict=True)) for each in asked],
    )
    assert got == [vars(python(each)) for each in asked]


def test_bytes_in_words(page: Page) -> None:
    fill(page, CASES[0])
    shown = page.locator("#widget-kv-cache dd").all_text_contents()
    assert shown == ["328 kB", "2.68 GB", "85.9 GB", "141 GB", "499 GB"]


def test_keyboard_labels_and_errors(page: Page) -> None:
    fill(page, CASES[0])
    tokens = page.get_by_label("Context, tokens")
    tokens.focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#widget-kv-cache dl")).to_contain_text("One sequence of 8,193 tokens")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Batch, sequences")).to_be_focused()
    tokens.fill("0")
    expect(tokens).to_have_attribute("aria-invalid", "true")
    says = page.locator("#widget-kv-cache output")
    expect(says).to_have_text("Context, tokens: give a whole number from 1 to 163,840.")
    expect(says).to_have_attribute("aria-live", "polite")
    tokens.fill("163840")
    expect(says).to_contain_text("Llama 3.1 70B is made for at most 131,072 tokens.")
    expect(tokens).to_have_attribute("aria-invalid", "false")
