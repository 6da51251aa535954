"""trl's packing and labels, and transformers' loss of a small Llama on the packed row.

trl packs conversations by best fit decreasing; its collator, in the padding-free form, gives labels
and positions. transformers' Llama takes the loss on that row, where the positions alone tell the
documents apart, and on each document by itself. The weights are stored with the outputs.
"""

import _stored
import numpy as np

TIME = 16
LENGTHS = (7, 3, 11, 5, 2, 9, 4, 13, 6)
SHAPE = {
    "vocab_size": 31, "hidden_size": 12, "intermediate_size": 20, "num_hidden_layers": 2,
    "num_attention_heads": 3, "num_key_value_heads": 1, "head_dim": 4,
    "rms_norm_eps": 1e-5, "tie_word_embeddings": True, "attn_implementation": "sdpa",
    "rope_parameters": {"rope_type": "default", "rope_theta": 10_000.0},
}  # fmt: skip


def documents() -> list[dict[str, list[int]]]:
    """Tokens of each document, and labels: -100 for its prompt, about a half."""
    draw = np.random.default_rng(0)
    found = []
    for length in LENGTHS:
        ids = draw.integers(1, SHAPE["vocab_size"], length).tolist()
        prompt = length // 2
        found.append({"input_ids": ids, "labels": [-100] * prompt + ids[prompt:]})
    return found


def compute() -> dict[str, np.ndarray]:
    import torch
    import transformers
    import trl
    from datasets import Dataset
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE)).eval()
    with torch.no_grad():
        for weight in model.parameters():  # larger than at initialisation: attention should matter
            weight.mul_(8.0 if weight.ndim == 2 else 1.0)
    given = documents()
    packed = trl.pack_dataset(Dataset.from_list(given), seq_length=TIME, strategy="bfd")
    row = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)(list(packed))
    with torch.no_grad():
        ids, labels, positions = (row[k] for k in ("input_ids", "labels", "position_ids"))
        # With a cache, which is the default, transformers does not look for documents.
        whole = model(input_ids=ids, labels=labels, position_ids=positions, use_cache=False)
        each = [
            model(input_ids=torch.tensor([d["input_ids"]]), labels=torch.tensor([d["labels"]]))
            for d in given
        ]
    weights = {f"weight.{n}": w.detach().numpy() for n, w in model.named_parameters()}
    versions = f"trl {trl.__version__}, transformers {transformers.__version__}"
    return {
        "versions": np.array(f"{versions}, torch {torch.__version__}"),
        **weights,
        "row_lengths": np.array([sum(lengths) for lengths in packed["seq_lengths"]]),
        "documents_in_row": np.array([len(lengths) for lengths in packed["seq_lengths"]]),
        "tokens": ids[0].numpy(),
        "labels": labels[0].numpy(),
        "positions": positions[0].numpy(),
        "packed_logits": whole.logits[0].numpy(),
        "packed_loss": whole.loss.numpy(),
        "document_losses": np.array([float(x.loss) for x in each], np.float32),
    }


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=1e-5)
