"""Where SmolLM2-135M still finds a code in a list, and whether order and number of passages matter.

    python benchmarks/lost_in_the_middle.py           # all
    python benchmarks/lost_in_the_middle.py passages  # one part anew, beside the stored others

Lists of 40 names and codes, 40 lists, nine depths; the same lists under the chat template, with the
question before and after, and cut to 20, 10 and 5 lines. Then real passages: the five that
reciprocal rank fusion finds for a labelled query, in four orders, and only the first two of them.
About six minutes on two idle cores.
"""

import argparse
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np

from _record import record, recorded
from whiteboard import lm
from whiteboard.data import python_queries
from whiteboard.lm.model import LanguageModel
from whiteboard.retrieval.hybrid import python_index
from whiteboard.retrieval.prompt_order import ORDERS
from whiteboard.retrieval.studies.depth_trials import TEMPLATES, Trials, depth_trials
from whiteboard.retrieval.studies.lost_in_the_middle import sweep, to_record
from whiteboard.retrieval.studies.quoting import quote_log_prob
from whiteboard.retrieval.studies.retrievers import ONE_ANSWER, python_comparison

LISTS, LINES, SLOTS, SEED = 40, 40, 20, 0
FOUND, KEPT = 5, 2
NINE, FIVE = np.linspace(0, 1, 9).tolist(), np.linspace(0, 1, 5).tolist()
EVERY_SLOT = np.linspace(0, 1, SLOTS).tolist()
# Template, lines and depths of each sweep.
SWEEPS = {
    "plain": ("plain", LINES, NINE),
    "chat": ("chat", LINES, NINE),
    "asked twice": ("asked twice", LINES, FIVE),
    "20 lines": ("plain", SLOTS, EVERY_SLOT),
    "10 lines": ("plain", 10, FIVE),
    "5 lines": ("plain", 5, FIVE),
}


def trials_of(name: str, lists: int = LISTS) -> Trials:
    """The trials of a sweep; fewer lists are the first ones."""
    _, lines, depths = SWEEPS[name]
    trials = depth_trials(LISTS, lines, depths, seed=SEED)
    return Trials(*(rows[:lists] for rows in trials))


def swept(name: str, model: LanguageModel) -> dict:
    """One sweep's record."""
    template, lines, depths = SWEEPS[name]
    result = sweep(model, TEMPLATES[template], trials_of(name))
    print(name, result.hits.mean(axis=0).round(2), flush=True)
    return {"template": template, "lines": lines, "depths": depths, **to_record(result)}


def rank_counts() -> list[int]:
    """How many queries have their answer at rank 1, 2, ... of reciprocal rank fusion."""
    ranks = np.asarray(python_comparison()["RRF"])
    return np.bincount(ranks, minlength=SLOTS + 1)[1 : SLOTS + 1].tolist()


def passages_of(query) -> tuple[list[str], int] | None:
    """The first passages for a query, and the place of the one that holds its answer, if any."""
    found = [hit.chunk.text for hit in python_index().search(query.text, FOUND)]
    places = [i for i, text in enumerate(found) if query.spans[0].text in text]
    return (found, places[0]) if places and len(found) == FOUND else None


def quoted(model: LanguageModel) -> dict:
    """Mean log p a token of each answer: passages in each order, fewer of them, and none."""
    draw, rows, texts = np.random.default_rng(SEED), [], []
    for query in python_queries(*ONE_ANSWER):
        if (result := passages_of(query)) is None:
            continue
        found, place = result
        orders = {name: np.asarray(order(jnp.arange(FOUND))) for name, order in ORDERS.items()}
        orders["shuffled"] = draw.permutation(FOUND)
        orders["best two only"] = np.arange(KEPT)
        orders["none"] = np.arange(0)
        row = {
            name: quote_log_prob(model, [found[i] for i in order], query.text, query.spans[0].text)
            for name, order in orders.items()
        }
        rows.append({"rank": place + 1, **row})
        texts.append(query.text)
        print(query.text[:40], {k: round(v, 2) for k, v in rows[-1].items()}, flush=True)
    names = list(rows[0])
    return {
        "found": FOUND,
        "kept": KEPT,
        "queries": texts,
        **{name: " ".join(f"{round(row[name], 3):g}" for row in rows) for name in names},
    }


def main() -> None:
    parts: dict[str, Callable[[LanguageModel], object]] = {
        name: lambda model, name=name: swept(name, model) for name in SWEEPS
    }
    parts |= {"rank counts": lambda _: rank_counts(), "passages": quoted}
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", nargs="*", help="measure these anew, beside the stored others")
    chosen = parser.parse_args().part or list(parts)
    if unknown := set(chosen) - set(parts):
        parser.error(f"wanted some of {list(parts)}, got {unknown}")
    results = {"conditions": {"lists": LISTS, "seed": SEED}}
    if len(chosen) < len(parts):
        results = recorded("lost_in_the_middle")
    model = lm.load("smollm2-135m")
    for name in chosen:
        results[name] = parts[name](model)
        record("lost_in_the_middle", results, packages=("jax", "flax", "tokenizers"))


if __name__ == "__main__":
    main()
