"""A real-looking text passes; a changed digit, unit or claim is caught, and where it stands."""

import random
import re

import pytest

from whiteboard.site.claims import parse_claims
from whiteboard.site.fences import parse_fences
from whiteboard.site.front_matter import split
from whiteboard.site.numbers import number_problems, number_problems_elsewhere, plain, prose_blocks
from whiteboard.site.pages import Page
from whiteboard.site.quantity import quantities

FREE = """
Llama 3 70B, Llama 3.1 405B, Qwen2.5-7B, SmolLM2-135M, GPT-2 and T5-XXL run in float32 or bf16.
An H100, an RTX 4090, MI300X; Q4_1, int8, fp8_e4m3, k-th, top-10, recall@100, 64-bit, 3rd, 100th.
In 2017 and since 2023; the 2019 papers; on 23 November 2026, in March 2024, on 2026-11-23.
Question 15, questions 14 and 16, sections 3.2 to 3.4, table 8, Figure 13, page 512, step 400.
Python 3.11 to 3.13, jax 0.10, version 1.6.1, pull request 2805, issue #28093, RFC 8259.
A 70B model, a 135M-parameter model, three of 12 heads, 1/8 of it, arXiv 1706.03762.
`cache_bytes(80, 8)` and `x[128]`; [a link](https://example.org/999); <!-- widget: kv-64 -->
$x_{128}$, $\\frac{1}{2}$, $W^{(16)}$, $10^{12}$ and $d_{64}^{2}$; <kbd>x</kbd>. { #bug-n-64 }
"""

COUNTED = [
    ("The cache takes 1.05 TB.", ["1.05 TB"]),
    ("It costs 327,680 bytes a token, or `327680`.", ["327,680 bytes", "327680"]),
    ("Each is $2 \\cdot 80 \\cdot 128 = 20{,}480$ wide.", ["80", "128", "20,480"]),
    ("$1.05 \\times 10^{12}\\,\\text{bytes}$", ["1.05 × 10^{12} bytes"]),
    ("At 128K it is 4× smaller, 93 % less, \\$0.15 each.", ["128K", "4×", "93 %", "$0.15"]),
    ("Of 2000 sentences, 2,048 tokens and 13 heads.", ["2000", "2,048", "13"]),
    ("MHA 45.2, GQA 41.2 and BM25 with b = 0.75.", ["45.2", "41.2", "0.75"]),
    ("About 2e-5, 3 × 10⁻⁷ and 0.9.", ["2e-5", "3 × 10⁻⁷", "0.9"]),
    ("An H100 holds 80 GB and reads 3.35 TB/s.", ["80 GB", "3.35 TB/s"]),
    ("28/64 of [a 512-token page](x.md).", ["28", "64", "512"]),
    ("`12 ms` at 1.4 million pairs.", ["12 ms", "1.4 million"]),
]


def found(text):
    return [re.sub(r"\s+", " ", q.text) for q in quantities(plain(text)) if not q.small]


@pytest.mark.parametrize("line", FREE.strip().splitlines())
def test_names_years_and_small_counts_are_free(line):
    assert found(line) == []


@pytest.mark.parametrize(("text", "numbers"), COUNTED)
def test_figures_are_counted_with_their_units(text, numbers):
    assert [n.lstrip("\\") for n in found(text)] == numbers


PAGE = """\
---
number: 2
cards:
  - {front: "How much?", back: "327,680 bytes."}
  - {front: "Of what?", back: "Of keys and values."}
claims:
  - id: q02-c6
    says: "Over 100 GB."
    verdict: corrected
    right: "1.05 TB at 100,000 tokens and batch 32; 8.39 TB as MHA."
    checks:
      - {expr: "cache_bytes(tokens=100_000, batch=32)", value: 1.05e12}
      - {expr: "mha() / 1e12", value: 8.39}
---

# What does it cost at 100K tokens?

## In two minutes

A token costs 327,680 bytes, which is 320 KiB, with 80 layers.
At 31.4 ms a token, that is 98.2% of the time; about 330,000 bytes.

- A list item says 17.9.

1. An ordered one says $32 \\cdot 40$.

??? question "What of 4096 tokens?"

    It takes 1.34 GB.

| Model | KiB |
| --- | --- |
| 8B | 131 |
| [Table 8](#src-v2) | 45.2 |

DeepSeek-V2 scored 41.2 in [its table 8](#src-v2).

```{.python}
print(cache_bytes(tokens=4096), 40)
```

```{.text .output}
327680 320 KiB 80 31.4 0.9818 17.9 40
1342177280 131
```

## Sources

- The second version, 236 billion parameters, arXiv 2405.04434. { #src-v2 }
"""


def problems_of(text, tmp_path):
    meta, body, line = split(text)
    path = tmp_path / "docs/architecture/q02-kv-cache.md"
    page = Page(path, meta, body, line)
    return number_problems(page, parse_fences(body, tmp_path), parse_claims(meta))


def test_a_page_whose_numbers_all_stand_on_something(tmp_path):
    assert problems_of(PAGE, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            "327,680 bytes, which",
            "327,780 bytes, which",
            "line 20: nothing shows the number 327,780",
        ),
        ("320 KiB", "320 KB", "line 20"),
        ("31.4 ms a", "31.5 ms a", "line 20"),
        ("98.2%", "98.3%", "line 20"),
        ("330,000", "340,000", "line 20"),
        ("says 17.9", "says 17.8", "line 23"),
        ("\\cdot 40", "\\cdot 41", "line 25"),
        ("of 4096", "of 8192", "line 27"),
        ("1.34 GB", "1.35 GB", "line 29"),
        ("| 131 |", "| 132 |", "line 33"),
        ("in [its table 8](#src-v2)", "in its table 8", "line 36: nothing shows the number 41.2"),
        ("[Table 8](#src-v2)", "Table 8", "line 34: nothing shows the number 45.2"),
        ('back: "327,680', 'back: "327,608', "card 1, back"),
        ("1.05 TB at", "1.50 TB at", "claim q02-c6, right"),
        ("8.39 TB as", "8.93 TB as", "claim q02-c6, right"),
        ("327680 320 KiB 80", "327680 320 KiB 81", "line 20"),
    ],
)
def test_a_tampered_digit_is_caught_where_it_stands(tmp_path, old, new, place):
    assert old in PAGE
    problems = problems_of(PAGE.replace(old, new, 1), tmp_path)
    assert any(problem.startswith(place) for problem in problems), problems
    assert all("print it in a block" in p and "](#src-name)" in p for p in problems)


def test_most_random_tampers_of_the_prose_are_caught(tmp_path):
    """Numbers that land on another printed number by chance are the price of one pool a page."""
    rng, caught = random.Random(0), 0
    start, end = PAGE.index("## In two"), PAGE.index("| [Table 8]")
    spots = [m.start() for m in re.finditer(r"\d", PAGE[:end]) if m.start() > start]
    spots = [s for s in spots if PAGE[s - 2 : s + 2] != "| 8B" and PAGE[s + 1] != "."][:40]
    for spot in spots:
        digit = rng.choice([d for d in "123456789" if d != PAGE[spot]])
        caught += bool(problems_of(PAGE[:spot] + digit + PAGE[spot + 1 :], tmp_path))
    assert caught / len(spots) > 0.9, f"{caught} of {len(spots)}"


def test_blocks_are_paragraphs_items_rows_and_folds():
    meta, body, line = split(PAGE)
    blocks = [block.text for block in prose_blocks(Page(None, meta, body, line))]
    assert '??? question "What of 4096 tokens?"' in blocks
    assert "It takes 1.34 GB." in blocks
    assert "| 8B | 131 |" in blocks
    assert not any("arXiv" in text or "print" in text for text in blocks)


def test_a_page_that_answers_no_question_links_or_prints_its_numbers(tmp_path):
    text = "# Plan\n\nAll 51, in 90 hours.\n\nAt [100,000 tokens](question:2).\n\nPrinted: 77.\n\n"
    text += "```{.text .output}\n77\n```\n"
    problems = number_problems_elsewhere(text, 5, parse_fences(text, tmp_path))
    assert [problem.partition(": print")[0] for problem in problems] == [
        "line 7: nothing shows the number 90 hours"
    ]
