"""trl's preference losses and their gradients, on the log-probabilities of four real pairs.

They are those of SmolLM2-135M (the reference) and of the same model with its last norm times 1.05
(the policy). trl computes its losses inside its trainers. Here their methods get a stand-in trainer
and a stand-in model that answers with the given log-probabilities: the arithmetic is trl's own.
"""

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import _stored
import numpy as np

ATOL = 1e-6
POLICY = [-3.4666, -16.9225, -4.4485, -24.4344, -32.7724, -19.3301, -16.6378, -10.4773]
REFERENCE = [-3.5720, -16.8258, -4.6516, -24.3324, -32.3319, -18.8212, -16.6102, -10.5197]
LENGTHS = [3, 6, 3, 8, 9, 3, 5, 3]  # of four chosen and four rejected answers, end tokens too
BETA, KL_SHIFT, WEIGHTS, SIMPO_BETA, GAMMA, ORPO_WEIGHT = 0.1, 0.37, (1.0, 1.25), 2.0, 0.5, 0.1


def _trainer(**settings: Any) -> SimpleNamespace:
    """What the losses read of a trainer; what they only report goes nowhere."""

    def same(x):
        return x

    accelerator = SimpleNamespace(device="cpu", gather=same, gather_for_metrics=same)
    return SimpleNamespace(
        accelerator=accelerator,
        model=SimpleNamespace(training=True),
        aux_loss_enabled=False,
        precompute_ref_logps=True,
        label_smoothing=0.0,
        _metrics=defaultdict(lambda: defaultdict(list)),
        _total_train_tokens=0,
        _tp_size=1,
        **settings,
    )


def _answers(torch, policy):
    """The model's outputs and the answers' mask: each log-probability spread over its tokens."""
    lengths = torch.tensor(LENGTHS)
    time = max(LENGTHS) + 1
    mask = (torch.arange(time) > 0) & (torch.arange(time) <= lengths[:, None])
    per_token = (policy / lengths)[:, None] * mask[:, 1:]
    zeros = torch.zeros(per_token.shape)
    outputs = SimpleNamespace(
        log_probs=per_token, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool()
    )
    return lambda **_: outputs, mask.long()


def _losses(torch) -> dict[str, Any]:
    """Each loss by name, as a function of the eight log-probabilities."""
    from trl import DPOTrainer, KTOTrainer
    from trl.experimental.cpo import CPOTrainer
    from trl.experimental.orpo import ORPOTrainer

    reference, lengths = torch.tensor(REFERENCE), torch.tensor(LENGTHS)

    def dpo(loss_type):
        trainer = _trainer(
            beta=BETA, loss_types=[loss_type], loss_weights=[1.0], ld_alpha=None,
            f_divergence_type="reverse_kl", use_weighting=False,
        )  # fmt: skip

        def loss(policy):
            model, mask = _answers(torch, policy)
            chosen, rejected = reference.chunk(2)
            inputs = {"completion_mask": mask, "input_ids": mask, "attention_mask": mask,
                      "ref_chosen_logps": chosen, "ref_rejected_logps": rejected}  # fmt: skip
            return DPOTrainer._compute_loss(trainer, model, inputs, False)

        return loss

    def kto(policy):
        trainer = _trainer(
            beta=BETA, loss_type="kto", calculate_KL=True,
            desirable_weight=WEIGHTS[0], undesirable_weight=WEIGHTS[1],
            _compute_kl_logps=lambda *_: reference + KL_SHIFT,
        )  # fmt: skip
        model, mask = _answers(torch, policy)
        inputs = {"completion_mask": mask, "input_ids": mask, "attention_mask": mask,
                  "label": torch.arange(8) < 4,
                  "ref_logps": reference, "ref_KL_logps": reference}  # fmt: skip
        return KTOTrainer._compute_loss(trainer, model, inputs, False)

    def simpo(policy):
        trainer = _trainer(beta=SIMPO_BETA, simpo_gamma=GAMMA, alpha=0.0, loss_type="simpo")
        return CPOTrainer.cpo_loss(trainer, *(policy / lengths).chunk(2))[0].mean()

    def odds_ratio(policy):
        losses = ORPOTrainer.odds_ratio_loss(
            _trainer(beta=ORPO_WEIGHT), *(policy / lengths).chunk(2)
        )
        return -losses[0].mean()

    named = {"dpo": dpo("sigmoid"), "ipo_per_token": dpo("ipo"), "hinge": dpo("hinge")}
    return named | {"kto": kto, "simpo": simpo, "odds_ratio": odds_ratio}


def _log_probs(torch) -> dict[str, np.ndarray]:
    """Sums and means over labelled tokens of random logits."""
    from trl.experimental.cpo import CPOTrainer

    draw = np.random.default_rng(0)
    logits = (3 * draw.normal(size=(5, 11, 7))).astype(np.float32)
    tokens = draw.integers(0, 7, size=(5, 11))
    starts, ends = np.array([[1], [3], [0], [7], [4]]), np.array([[11], [5], [9], [8], [10]])
    answer = (np.arange(11) >= starts) & (np.arange(11) < ends)
    labels = torch.tensor(np.where(answer, tokens, -100))
    sums, means = (
        CPOTrainer.get_batch_logps(torch.tensor(logits), labels, average_log_prob=mean).numpy()
        for mean in (False, True)
    )
    return {"logits": logits, "tokens": tokens, "answer": answer, "sums": sums, "means": means}


def compute() -> dict[str, np.ndarray]:
    import torch
    import trl

    got = _log_probs(torch)
    got |= {
        "policy": np.array(POLICY, np.float32),
        "reference": np.array(REFERENCE, np.float32),
        "lengths": np.array(LENGTHS),
    }
    for name, loss in _losses(torch).items():
        policy = torch.tensor(POLICY, requires_grad=True)
        value = loss(policy)
        (gradient,) = torch.autograd.grad(value, policy)
        got |= {name: value.detach().numpy(), f"{name}_gradient": gradient.numpy()}
    got["versions"] = np.array(f"trl {trl.__version__}, torch {torch.__version__}")
    return got


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=ATOL, looser={"ipo_per_token": 1e-5})
