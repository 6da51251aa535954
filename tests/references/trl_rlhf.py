"""Losses of TRL on fixed inputs in float64: of its reward trainer, and of its GRPO trainer.

With an advantage for each token and no KL the latter is PPO's loss, whose own trainer TRL no longer
has. The losses are called as they stand, on given log-probabilities and rewards in place of a
model's; what they log is dropped. The inputs are stored as well.
"""

from types import SimpleNamespace
from unittest.mock import MagicMock

import _stored
import numpy as np

ANSWERS, TIME, CLIP, BETA, ATOL = 6, 7, 0.2, 0.07, 1e-9


def inputs() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(7)
    log_probs = -draw.exponential(size=(ANSWERS, TIME))
    lengths = np.array([7, 3, 5, 1, 6, 4])
    return {
        "log_probs": log_probs,
        "old_log_probs": log_probs + draw.normal(0, 0.3, log_probs.shape),
        "reference_log_probs": log_probs + draw.normal(0, 0.5, log_probs.shape),
        "mask": np.arange(TIME) < lengths[:, None],
        "answer_advantages": draw.normal(size=ANSWERS),
        "token_advantages": draw.normal(size=log_probs.shape),
        "chosen": draw.normal(size=11),
        "rejected": draw.normal(size=11),
    }


def _grpo(
    given: dict, loss_type: str, beta: float, advantages: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """GRPOTrainer's loss and its gradient at the log-probabilities."""
    import torch
    from trl import GRPOTrainer

    t = {name: torch.tensor(value) for name, value in given.items()}
    log_probs = t["log_probs"].requires_grad_()
    trainer = MagicMock(
        loss_type=loss_type, beta=beta, epsilon_low=CLIP, epsilon_high=CLIP,
        importance_sampling_level="token", top_entropy_quantile=1.0, off_policy_mask_threshold=None,
        use_vllm=False, aux_loss_enabled=False, _entropy_bonus_enabled=False,
        current_gradient_accumulation_steps=1,
    )  # fmt: skip
    trainer.args.delta, trainer.args.use_bias_correction_kl = None, False
    trainer.accelerator.gather = trainer.accelerator.reduce = lambda x, **_: x
    trainer._get_per_token_logps_and_entropies.return_value = (log_probs, 0 * log_probs, None)
    tokens, ones = torch.zeros(ANSWERS, TIME, dtype=torch.long), torch.ones(ANSWERS, 1)
    loss = GRPOTrainer._compute_loss(trainer, None, {
        "prompt_ids": tokens[:, :1], "prompt_mask": ones, "completion_ids": tokens,
        "completion_mask": t["mask"].double(), "advantages": torch.tensor(advantages),
        "old_per_token_logps": t["old_log_probs"], "ref_per_token_logps": t["reference_log_probs"],
    })  # fmt: skip
    loss.backward()
    return loss.detach().numpy(), log_probs.grad.numpy()


def _reward_model(given: dict) -> tuple[np.ndarray, np.ndarray]:
    import torch
    from trl import RewardTrainer

    rewards = torch.tensor(np.concatenate([given["chosen"], given["rejected"]]), requires_grad=True)
    trainer = MagicMock()
    trainer.model.training = False
    trainer.args.center_rewards_coefficient = None
    trainer.accelerator.gather = trainer.accelerator.gather_for_metrics = lambda x: x
    model = MagicMock(return_value=SimpleNamespace(logits=rewards[:, None]), training=False)
    loss = RewardTrainer.compute_loss(trainer, model, {})
    loss.backward()
    return loss.detach().numpy(), rewards.grad.numpy()


def compute() -> dict[str, np.ndarray]:
    import torch
    import trl

    given = inputs()
    got = dict(given)
    for name, loss_type, beta, advantages in (
        ("answers", "grpo", 0.0, "answer_advantages"),
        ("answers_kl", "grpo", BETA, "answer_advantages"),
        ("tokens_kl", "bnpo", BETA, "answer_advantages"),
        ("ppo", "bnpo", 0.0, "token_advantages"),
    ):
        got[f"{name}.loss"], got[f"{name}.gradient"] = _grpo(
            given, loss_type, beta, given[advantages]
        )
    got["reward_model.loss"], got["reward_model.gradient"] = _reward_model(given)
    return {"versions": np.array(f"torch {torch.__version__}, trl {trl.__version__}"), **got}


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=ATOL)
