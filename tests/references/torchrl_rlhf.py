"""TorchRL's advantages (GAE) and its clipped value loss on fixed inputs, in float64.

An answer is done at its last token and stays done over its padding, whose values are left out. The
value loss is halved: TorchRL's "l2" is the whole square. The inputs are stored as well.
"""

import _stored
import numpy as np

FACTORS, CLIP = ((1.0, 0.95), (0.97, 0.9)), 0.2


def inputs() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(11)
    mask = np.arange(7) < np.array([7, 3, 5, 1, 6])[:, None]
    values, returns = draw.normal(size=(2, 23))
    return {
        "mask": mask,
        "rewards": np.where(mask, draw.normal(size=mask.shape), 0),
        "values": np.where(mask, draw.normal(size=mask.shape), 0),
        "head.values": values,
        "head.old_values": values + draw.normal(0, 0.3, values.shape),
        "head.returns": returns,
    }


def _advantages(given: dict, gamma: float, gae_lambda: float) -> np.ndarray:
    import torch
    from torchrl.objectives.value.functional import generalized_advantage_estimate

    rewards, values = (torch.tensor(given[name])[..., None] for name in ("rewards", "values"))
    following = torch.cat([values[:, 1:], 0 * values[:, :1]], 1)
    last = ~torch.cat([torch.tensor(given["mask"])[:, 1:], torch.zeros(len(values), 1) > 0], 1)
    done = last[..., None]
    advantages, _ = generalized_advantage_estimate(
        gamma, gae_lambda, values, following, rewards, done, done
    )
    return advantages[..., 0].numpy()


def _value_loss(given: dict) -> np.ndarray:
    import torch
    from torchrl.objectives.utils import _clip_value_loss, distance_loss

    names = ("head.values", "head.old_values", "head.returns")
    values, old, returns = (torch.tensor(given[name]) for name in names)
    plain = distance_loss(returns, values, "l2")
    return _clip_value_loss(old, values, torch.tensor(CLIP), returns, plain, "l2")[0].numpy() / 2


def compute() -> dict[str, np.ndarray]:
    import torch
    import torchrl

    given = inputs()
    got = {
        f"advantages.{gamma}.{gae_lambda}": _advantages(given, gamma, gae_lambda)
        for gamma, gae_lambda in FACTORS
    }
    return {
        "versions": np.array(f"torch {torch.__version__}, torchrl {torchrl.__version__}"),
        **given,
        **got,
        "value_loss": _value_loss(given),
    }


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=1e-9)
