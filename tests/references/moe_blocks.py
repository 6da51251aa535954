"""Sparse blocks of transformers in float32 on random weights: Mixtral, OLMoE, DeepSeek-V3; losses.

`make references` runs this with ``--check``; ``--write`` stores anew. The blocks' own weights and
input are stored with their outputs, so that the test needs no torch.
"""

import argparse
from pathlib import Path

import numpy as np

STORED = Path(__file__).with_suffix(".npz")
HIDDEN, EXPERT, EXPERTS, TOP_K, BATCH, TIME, ATOL = 13, 7, 11, 3, 2, 17, 1e-6


def _blocks(torch) -> dict:
    from transformers import DeepseekV3Config, MixtralConfig, OlmoeConfig
    from transformers.models.deepseek_v3.modeling_deepseek_v3 import DeepseekV3MoE
    from transformers.models.mixtral.modeling_mixtral import MixtralSparseMoeBlock
    from transformers.models.olmoe.modeling_olmoe import OlmoeSparseMoeBlock

    common = {"hidden_size": HIDDEN, "num_experts_per_tok": TOP_K}
    mixtral = MixtralConfig(**common, intermediate_size=EXPERT, num_local_experts=EXPERTS)
    olmoe = OlmoeConfig(
        **common, intermediate_size=EXPERT, num_experts=EXPERTS, norm_topk_prob=False
    )
    deepseek = DeepseekV3Config(
        **common, moe_intermediate_size=EXPERT, n_routed_experts=EXPERTS, n_shared_experts=2,
        n_group=1, topk_group=1, routed_scaling_factor=2.5, norm_topk_prob=True,
    )  # fmt: skip
    return {
        "mixtral": MixtralSparseMoeBlock(mixtral),
        "olmoe": OlmoeSparseMoeBlock(olmoe),
        "deepseek": DeepseekV3MoE(deepseek),
    }


def compute() -> dict[str, np.ndarray]:
    import torch
    import transformers
    from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func
    from transformers.models.switch_transformers.modeling_switch_transformers import (
        router_z_loss_func,
    )

    torch.manual_seed(0)
    x = torch.randn(BATCH, TIME, HIDDEN)
    got = {"x": x.numpy()}
    for name, block in _blocks(torch).items():
        block = block.eval().float()
        for value in block.state_dict().values():
            value.normal_(std=0.5)
        with torch.no_grad():
            got[f"{name}.output"] = block(x).numpy()
            logits = x.reshape(-1, HIDDEN) @ block.gate.weight.T
        got |= {f"{name}.{key}": value.numpy() for key, value in block.state_dict().items()}
        got[f"{name}.logits"] = logits.detach().numpy()
    logits = torch.tensor(got["mixtral.logits"])
    got["balancing"] = load_balancing_loss_func((logits,), EXPERTS, TOP_K).numpy()
    got["z_loss"] = router_z_loss_func(logits[None]).numpy()
    got["versions"] = np.array(
        f"torch {torch.__version__}, transformers {transformers.__version__}"
    )
    return got


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the stored values")
    parser.add_argument("--write", action="store_true", help="store the values anew")
    arguments = parser.parse_args()
    got = compute()
    if arguments.write:
        np.savez_compressed(STORED, **got)
    with np.load(STORED) as stored:
        for name in sorted(set(got) - {"versions"}):
            np.testing.assert_allclose(got[name], stored[name], atol=ATOL, err_msg=name)
    print(f"moe_blocks: {len(got) - 1} arrays as stored ({got['versions']})")


if __name__ == "__main__":
    main()
