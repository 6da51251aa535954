"""DPO's derivation on six answers to one prompt, each step checked."""

import jax
import jax.numpy as jnp

from whiteboard.architecture.preference_losses import implicit_reward, optimal_policy

BETA = 0.5
keys = jax.random.split(jax.random.key(0), 3)
reference = jax.nn.log_softmax(jax.random.normal(keys[0], 6))
reward = jax.random.normal(keys[1], 6)


def goal(logits):
    """What RLHF maximises: E[reward] - beta KL(pi || pi_ref)."""
    policy = jax.nn.log_softmax(logits)
    return (jnp.exp(policy) * (reward - BETA * (policy - reference))).sum()


# 1. Its optimum has a closed form: pi* = pi_ref exp(reward / beta) / Z.
best = optimal_policy(reference, reward, beta=BETA)
others = best[None] + jax.random.normal(keys[2], (10_000, 6))
print("flat there:", bool(abs(jax.grad(goal)(best)).max() < 1e-6), end="; ")
print("best of 10,000:", bool(goal(best) >= jax.vmap(goal)(others).max()))

# 2. Solved for the reward: reward = beta log(pi* / pi_ref) + beta log Z.
log_z = jax.nn.logsumexp(reference + reward / BETA)
implicit = implicit_reward(best, reference, beta=BETA)
print("reward = implicit reward + beta log Z:", bool(jnp.allclose(implicit + BETA * log_z, reward)))

# 3. In a difference Z cancels, so Bradley-Terry's p(w beats l) needs no Z.
beats = jax.nn.sigmoid(reward[:, None] - reward[None, :])
print(
    "same preferences:",
    bool(jnp.allclose(beats, jax.nn.sigmoid(implicit[:, None] - implicit[None]))),
)


# 4. So the policy can be fitted to the preferences directly: DPO's loss over all pairs.
def loss(logits):
    implied = implicit_reward(jax.nn.log_softmax(logits), reference, beta=BETA)
    return -(beats * jax.nn.log_sigmoid(implied[:, None] - implied[None, :])).mean()


print("DPO's loss is flat there too:", bool(abs(jax.grad(loss)(best)).max() < 1e-6), end="; ")
print("at the reference:", bool(abs(jax.grad(loss)(reference)).max() < 1e-3))
