"""Trains associative recall with and without attention's scale, from five seeds.

    python benchmarks/attention_scale.py

About two minutes. It measures losses, not times, so a busy machine does not matter.
"""

from statistics import median

import numpy as np

from _record import record, table
from whiteboard.architecture.associative_recall import Recall, train_recall

SIZES = {"adam": Recall(), "sgd": Recall(optimizer="sgd", learning_rate=0.1)}
ROOT = Recall().head_dim ** -0.5
VARIANTS = {
    "scaled": {"scale": ROOT},
    "unscaled": {"scale": 1.0},
    "folded into W_q": {"scale": 1.0, "query_init": ROOT},
}
SEEDS = range(5)
LAST = 20  # steps that the final loss is a mean of


def run(recall: Recall, options: dict[str, float]) -> dict[str, list[float]]:
    """One variant from every seed: its loss at the end, and the gradient at W_q and W_k."""
    runs = [train_recall(recall, seed=seed, **options) for seed in SEEDS]
    digits = lambda values: [float(f"{float(v):.4g}") for v in values]  # noqa: E731
    return {
        "loss": digits(np.asarray(r.loss[-LAST:]).mean() for r in runs),
        "first_gradient": digits(r.gradient[0] for r in runs),
        "last_gradient": digits(r.gradient[-1] for r in runs),
    }


def main() -> None:
    results = {}
    for optimizer, recall in SIZES.items():
        results[optimizer] = {name: run(recall, each) for name, each in VARIANTS.items()}
        print(f"{optimizer}: medians of {len(SEEDS)} seeds, {recall.steps} steps")
        table(
            {
                name: {key: f"{median(values):.2g}" for key, values in found.items()}
                for name, found in results[optimizer].items()
            }
        )
    print(record("attention_scale", results, packages=("jax", "optax")))


if __name__ == "__main__":
    main()
