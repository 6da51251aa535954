"""sentence-transformers' in-batch contrastive loss with its gradients, and its mined negatives.

The loss gets vectors instead of texts. Mining gets a stand-in model that looks each text's vector
up by its number: the selection of negatives is the library's own.
"""

from importlib.metadata import version

import _stored
import numpy as np

QUERIES, PASSAGES, DIM, NEGATIVES, COUNT = 7, 41, 13, 2, 3


def vectors(rows: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(size=(rows, DIM)) + 0.5
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def _loss() -> dict[str, np.ndarray]:
    import torch
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    columns = [torch.tensor(vectors(QUERIES, seed), requires_grad=True) for seed in range(4)]
    loss = MultipleNegativesRankingLoss(torch.nn.Identity(), scale=20.0)
    value = loss.compute_loss_from_embeddings(columns, labels=None)
    value.backward()
    return {
        "loss": np.float32(value.item()),
        "gradient": np.stack([column.grad.numpy() for column in columns]),
    }


def _mined() -> np.ndarray:
    import torch
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    class Lookup:
        """A text is "q" or "p" and the number of its vector."""

        device = torch.device("cpu")

        def encode(self, texts, **_):
            both = {"q": vectors(QUERIES, 4), "p": vectors(PASSAGES, 5)}
            return torch.tensor(np.stack([both[text[0]][int(text[1:])] for text in texts]))

        encode_query = encode_document = encode

        @staticmethod
        def similarity(a, b):
            return torch.as_tensor(a) @ torch.as_tensor(b).T

        @staticmethod
        def similarity_pairwise(a, b):
            return (torch.as_tensor(a) * torch.as_tensor(b)).sum(1)

    pairs = Dataset.from_dict(
        {
            "query": [f"q{n}" for n in range(QUERIES)],
            "answer": [f"p{n}" for n in range(QUERIES)],
        }
    )
    found = mine_hard_negatives(
        pairs,
        Lookup(),
        corpus=[f"p{n}" for n in range(PASSAGES)],
        relative_margin=0.05,
        range_max=PASSAGES - 1,
        num_negatives=COUNT,
        output_format="n-tuple",
        verbose=False,
    )
    rows = {int(row["query"][1:]): row for row in found}
    mined = np.full((QUERIES, COUNT), -1)
    for query, row in rows.items():
        mined[query] = [int(row[f"negative_{n + 1}"][1:]) for n in range(COUNT)]
    return mined


def compute() -> dict[str, np.ndarray]:
    names = ("sentence-transformers", "torch")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return _loss() | {"mined": _mined(), "versions": np.array(versions)}


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=1e-6)
