"""scikit-learn's Cohen's kappa of random pairs of judges, by number of labels."""

import _stored
import numpy as np

LABELS = (2, 3, 5)


def judges(num_labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of 61 items by two judges, of whom the second often copies and is biased."""
    draw = np.random.default_rng(num_labels)
    first = draw.integers(num_labels, size=(23, 61))
    own = np.minimum(draw.integers(num_labels, size=first.shape), draw.integers(num_labels))
    copies = draw.random(first.shape) < draw.random((23, 1))
    return first, np.where(copies, first, own)


def compute() -> dict[str, np.ndarray]:
    import sklearn
    from sklearn.metrics import cohen_kappa_score

    found = {
        f"kappa.{n}": np.array([cohen_kappa_score(*pair) for pair in zip(*judges(n), strict=True)])
        for n in LABELS
    }
    return {"versions": np.array(f"scikit-learn {sklearn.__version__}"), **found}


if __name__ == "__main__":
    _stored.run(__file__, compute, atol=1e-9)
