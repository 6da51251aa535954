"""SFT, a reward model of 256 comparisons, then PPO against it: without the leash and with it."""

import jax
import jax.numpy as jnp

from whiteboard.architecture.syllables import END, LENGTH, draw_prompts, is_word, verified_reward
from whiteboard.training.rlhf import RlhfConfig, train_policy
from whiteboard.training.rlhf_stages import (
    compare,
    fit_reward_model,
    reward,
    sample,
    scorer,
    supervised_policy,
)

policy = supervised_policy()
words = sample(policy, 1000)
print(f"the SFT model writes words: {is_word(words).mean() > 0.95}")

model = fit_reward_model(policy, compare(policy, 256, seed=1), seed=1)
rewards, true = jax.jit(reward)(model, words), verified_reward(words)
liked = [rewards[true == n].mean() for n in range(3)]
print(f"more letters a, more reward, on its samples: {liked[0] < liked[1] < liked[2]}")

config = RlhfConfig(algorithm="ppo", length=LENGTH, end=END)
runs = {
    kl_coef: train_policy(
        policy, config, draw_prompts=draw_prompts, score=scorer(model),
        verify=verified_reward, kl_coef=kl_coef,
    )[1]
    for kl_coef in (0.0, 0.1)
}  # fmt: skip
for kl_coef, seen in runs.items():
    score, verified, kl = (x[-10:].mean() for x in seen)
    print(f"kl_coef {kl_coef}: the reward model's score rose: {score > seen.score[0] + 1}")
    print(
        f"  the verified reward rose, too: {verified > seen.verified[0] + 0.3}, KL over 6: {kl > 6}"
    )
best = float(jnp.max(runs[0.0].verified))
print(f"without the leash it had first risen: {best > 1}")
