"""RLHF on the small language of syllables, five times: reward and KL by the leash.

    python benchmarks/rlhf.py

One SFT model. Five reward models, each of its own 256 comparisons, and PPO against each with three
leashes; GRPO on the checker itself with three. About two minutes on two cores.
"""

import time
from collections.abc import Callable

import jax
import numpy as np

from _record import record, table
from whiteboard.architecture.syllables import (
    END,
    LENGTH,
    draw_prompts,
    spelled,
    verified_reward,
)
from whiteboard.training.rlhf import Policy, RlhfConfig, train_policy
from whiteboard.training.rlhf_stages import (
    compare,
    fit_reward_model,
    sample,
    scorer,
    supervised_policy,
)

LEASHES, SEEDS, PAIRS, LAST = {"ppo": (0.0, 0.1, 0.2), "grpo": (0.0, 0.1, 0.2)}, 5, 256, 5


def run(
    policy: Policy,
    algorithm: str,
    score: Callable[[jax.Array], jax.Array],
    kl_coef: float,
    seed: int,
) -> dict[str, object]:
    """One run, as it is stored; the first of its kind compiles, too."""
    start = time.perf_counter()
    config = RlhfConfig(algorithm=algorithm, length=LENGTH, end=END)
    trained, history = train_policy(
        policy, config, draw_prompts=draw_prompts, score=score, verify=verified_reward,
        kl_coef=kl_coef, seed=seed,
    )  # fmt: skip
    words = sample(trained, 1000)
    curves = {name: [round(float(x), 3) for x in xs] for name, xs in history._asdict().items()}
    seconds = time.perf_counter() - start
    return {
        "algorithm": algorithm,
        "kl_coef": kl_coef,
        "seed": seed,
        "seconds": round(seconds, 1),
        "distinct": len(np.unique(words, axis=0)),
        "samples": [spelled(word) for word in words[:5]],
        **curves,
    }


def main() -> None:
    policy, runs = supervised_policy(), []
    for seed in range(SEEDS):
        model = fit_reward_model(policy, compare(policy, PAIRS, seed=seed), seed=seed)
        runs += [run(policy, "ppo", scorer(model), kl, seed) for kl in LEASHES["ppo"]]
        runs += [run(policy, "grpo", verified_reward, kl, seed) for kl in LEASHES["grpo"]]
    rows = {}
    for r in runs:
        ends = {name: f"{np.mean(r[name][-LAST:]):.2f}" for name in ("score", "verified", "kl")}
        rows[f"{r['algorithm']} {r['kl_coef']} {r['seed']}"] = ends | {"distinct": r["distinct"]}
    table(rows)
    print(record("rlhf", {"runs": runs, "pairs": PAIRS}, packages=["jax", "flax", "optax"]))


if __name__ == "__main__":
    main()
