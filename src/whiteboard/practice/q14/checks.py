"""The checks of chunks, of what they cover, and of who is not beaten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import jax.numpy as jnp
import numpy as np

from whiteboard.data import Span
from whiteboard.practice.core import Exercise
from whiteboard.practice.expect import expect
from whiteboard.retrieval.chunking import structure_chunks
from whiteboard.retrieval.coverage import coverage
from whiteboard.retrieval.passages import Chunk, fixed_chunks
from whiteboard.retrieval.studies.chunkers import not_beaten

Function = Callable
TEXTS = {"a": "one two three four five six seven. " * 3 + "The end.", "b": "short", "c": ""}
CODE = """First words here, and a few more of them: with these nothing else fits in.

Section one
===========

Some text that says a little.

```python
class A:

    def f(self):

        return 1
```

Section two
===========

   >>> f(1)
   2

More text, and an end.
"""


def every_character_is_held(chunks: Function) -> None:
    """Each character of each document lies in some chunk, repeated words included."""
    held = chunks(TEXTS, size=23, overlap=5)
    for name, text in TEXTS.items():
        inside = {n for c in held if c.document == name for n in range(c.start, c.end)}
        lost = sorted({*range(len(text))} - inside)
        message = f"document {name!r}, {len(text)} characters: {len(lost)} in no chunk"
        expect(not lost, f"{message}, the first at {lost[:1]}")


def each_text_stands_at_its_place(chunks: Function) -> None:
    """A chunk's text is the document from its start to its end, white space included."""
    for chunk in chunks(TEXTS, size=23, overlap=5):
        want = TEXTS[chunk.document][chunk.start : chunk.end]
        place = f"{chunk.document}[{chunk.start}:{chunk.end}]"
        expect(chunk.text == want, f"{place} is {want!r}, got {chunk.text!r}")


def no_more_is_repeated_than_the_overlap(chunks: Function) -> None:
    """Neighbours share at most `overlap` characters."""
    held = [chunk for chunk in chunks(TEXTS, size=23, overlap=5) if chunk.document == "a"]
    for one, other in pairwise(held):
        shared = one.end - other.start
        expect(shared <= 5, f"overlap 5: {shared} characters stand in two neighbours")


def none_is_longer_than_the_size(chunks: Function) -> None:
    """No chunk has more than `size` characters."""
    longest = max((len(c.text) for c in chunks(TEXTS, size=23, overlap=5)), default=0)
    expect(longest <= 23, f"size 23: a chunk has {longest} characters")


def nothing_is_lost_or_repeated(chunks: Function) -> None:
    """The chunks of a document, one behind the other, are the document."""
    got = "".join(chunk.text for chunk in chunks({"a": CODE}, size=90))
    expect(got == CODE, f"a document of {len(CODE)} characters: joined, the chunks have {len(got)}")


def code_stays_in_one_piece(chunks: Function) -> None:
    """A code block that fits the size lies in one chunk, with its blank lines."""
    held = [chunk.text for chunk in chunks({"a": CODE}, size=90) if "class A" in chunk.text]
    whole = any("return 1\n```" in text for text in held)
    expect(whole, f"`class A` of 58 characters, size 90: the chunk ends in {held[0][-12:]!r}")


def a_heading_stays_with_its_text(chunks: Function) -> None:
    """No chunk ends in a heading."""
    for chunk in chunks({"a": CODE}, size=90):
        last = chunk.text.rstrip().split("\n")[-1]
        expect(not last.startswith("==="), f"size 90: a chunk ends in {chunk.text[-26:]!r}")


def _span(document: str, start: int, end: int) -> Span:
    return Span(document, start, end, "")


def _chunk(document: str, start: int, end: int) -> Chunk:
    return Chunk(document, start, end, "x" * (end - start))


def follows_the_definition(measure: Function) -> None:
    """Against sets of characters, on twenty random cases."""
    draw = np.random.default_rng(0)
    for _ in range(20):
        rows = draw.integers(0, 20, (2, 2, 2)).tolist()
        answers = [[_span("ab"[n], s, s + 5) for n, (s, _) in enumerate(row)] for row in rows]
        handed = [_chunk("ab"[n % 2], s, s + 9) for n, (_, s) in enumerate(rows[0] + rows[0])]
        got, want = measure(answers, handed), _by_sets(answers, handed)
        message = f"wanted recall {want[0]:.2f} and precision {want[1]:.2f}, got "
        close = np.allclose(got, want, atol=1e-6)
        expect(close, message + f"{got[0]:.2f} and {got[1]:.2f}")


def _by_sets(answers: list[list[Span]], passages: list[Chunk]) -> tuple[float, float]:
    handed = [(p.document, at) for p in passages for at in range(p.start, p.end)]
    places = [[{(s.document, at) for at in range(s.start, s.end)} for s in row] for row in answers]
    recall = [max(len(p & {*handed}) / len(p) for p in row) for row in places]
    relevant = set().union(*(place for row in places for place in row)) & {*handed}
    return float(np.mean(recall)), len(relevant) / len(handed)


def what_stands_in_two_passages_is_found_once(measure: Function) -> None:
    """An answer that two overlapping passages hold has recall 1, not 2."""
    recall, _ = measure([[_span("a", 5, 9)]], [_chunk("a", 0, 10), _chunk("a", 4, 14)])
    expect(recall == 1, f"an answer in two overlapping passages: recall {recall:.1f}")


def another_part_of_the_document_is_no_answer(measure: Function) -> None:
    """A passage of the right document that does not hold the answer has recall 0."""
    recall, _ = measure([[_span("a", 5, 9)]], [_chunk("a", 20, 30)])
    expect(recall == 0, f"right document, wrong passage: recall {recall:.1f}")


def what_is_handed_over_twice_is_paid_twice(measure: Function) -> None:
    """The same passage twice halves the precision."""
    passage = _chunk("a", 0, 10)
    _, precision = measure([[_span("a", 0, 10)]], [passage, passage])
    expect(precision == 0.5, f"the answer handed over twice: precision {precision:.1f}")


BEST = jnp.tile(jnp.array([1.0, 1, 1, 0, 1]), 12)
CLOSE = BEST.at[0].set(0.0).at[3].set(0.5)
STEADY = BEST - 0.05 * (BEST > 0)
PAIR = {"fixed": BEST, "overlap": STEADY}
VALUES = {"fixed": BEST, "semantic": CLOSE, "sentence": jnp.zeros(60)}


def the_best_mean_is_among_them(choose: Function) -> None:
    """The strategy with the highest mean is always returned."""
    got = choose(VALUES)
    expect("fixed" in got, f"means 0.80, 0.79 and 0.00 of 60 queries: got {sorted(got)}")


def what_is_close_to_the_best_is_among_them(choose: Function) -> None:
    """A mean of 0.79 beside 0.80, on 60 queries, is not shown to be worse."""
    got = choose({"fixed": BEST, "structure": CLOSE})
    expect("structure" in got, f"means 0.80 and 0.79 of 60 queries: got {sorted(got)} alone")
    got = choose(VALUES)
    expect(got == {"fixed", "semantic"}, f"means 0.80, 0.79 and 0.00: got {sorted(got)}")


def a_clear_loser_is_not(choose: Function) -> None:
    """A mean of 0 beside 0.80 is not returned, whatever it is called."""
    got = choose({"fixed": BEST, "semantic": jnp.zeros(60)})
    expect("semantic" not in got, f"means 0.80 and 0.00: got {sorted(got)}")


def a_small_and_steady_difference_counts(choose: Function) -> None:
    """What is behind by a little on every query is behind: the differences are paired."""
    got = choose(PAIR)
    expect(got == {"fixed"}, f"0.05 behind on each answered query: got {sorted(got)}")


def _places(chunks: list[Chunk]) -> np.ndarray:
    return np.array([(c.start, c.end, len(c.text)) for c in chunks], np.int32)


def _chosen(names: set[str], values: Mapping) -> np.ndarray:
    return np.array([name in names for name in values])


EXERCISES = (
    Exercise.of(
        fixed_chunks,
        checks=(
            every_character_is_held,
            each_text_stands_at_its_place,
            no_more_is_repeated_than_the_overlap,
            none_is_longer_than_the_size,
        ),
        probe=lambda chunks: _places(chunks(TEXTS, size=23, overlap=5)),
    ),
    Exercise.of(
        structure_chunks,
        checks=(
            nothing_is_lost_or_repeated,
            code_stays_in_one_piece,
            a_heading_stays_with_its_text,
        ),
        probe=lambda chunks: _places(chunks({"a": CODE}, size=90)),
    ),
    Exercise.of(
        coverage,
        checks=(
            follows_the_definition,
            what_stands_in_two_passages_is_found_once,
            another_part_of_the_document_is_no_answer,
            what_is_handed_over_twice_is_paid_twice,
        ),
        probe=lambda measure: np.array(
            measure([[_span("a", 5, 9)]], [_chunk("a", 0, 8), _chunk("a", 4, 8), _chunk("a", 4, 8)])
        ),
    ),
    Exercise.of(
        not_beaten,
        checks=(
            the_best_mean_is_among_them,
            what_is_close_to_the_best_is_among_them,
            a_clear_loser_is_not,
            a_small_and_steady_difference_counts,
        ),
        probe=lambda choose: np.concatenate(
            [_chosen(choose(VALUES), VALUES), _chosen(choose(PAIR), PAIR)]
        ),
    ),
)
