"""NumPy's softmax; the attention around it is tested beside the other two in test_attention."""

import numpy as np
import scipy.special

from whiteboard.architecture.attention_numpy import softmax


def test_softmax_is_scipys():
    scores = np.random.default_rng(0).normal(size=(3, 5, 7)) * 9
    np.testing.assert_allclose(softmax(scores), scipy.special.softmax(scores, axis=-1), rtol=1e-12)


def test_numpy_softmax_neither_overflows_nor_divides_by_zero():
    rows = np.array([[1e4, 1e4, -1e4], [-np.inf, 0, 0], [-np.inf, -np.inf, -np.inf]])
    np.testing.assert_array_equal(softmax(rows), [[0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 0]])
