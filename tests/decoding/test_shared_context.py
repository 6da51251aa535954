"""Branches over one context against the same prompts read one by one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from whiteboard.decoding.shared_context import branch_layout, branch_logits, two_digit_log_probs
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder

RNG = np.random.default_rng(0)
CONTEXT, STEMS, LEAVES = (RNG.integers(0, 256, shape) for shape in (11, (3, 5), 2))


@pytest.fixture(scope="module")
def decoder():
    return Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(0))


def test_branches_are_the_prompts_read_alone(decoder):
    got = branch_logits(decoder, CONTEXT, STEMS, LEAVES)
    assert got.shape == (3, 3, 256)
    for branch, stem in enumerate(STEMS):
        for number, leaf in enumerate([[], *LEAVES[:, None]]):
            prompt = jnp.array([[*CONTEXT, *stem, *leaf]])
            np.testing.assert_allclose(got[branch, number], decoder(prompt)[0, -1], atol=1e-4)


def test_no_branch_sees_another(decoder):
    changed = STEMS.copy()
    changed[1] = (changed[1] + 1) % 256
    before, after = (branch_logits(decoder, CONTEXT, stems, LEAVES) for stems in (STEMS, changed))
    np.testing.assert_array_equal(before[::2], after[::2])
    assert not np.allclose(before[1], after[1])


def test_a_layout_by_hand():
    """A context of 2, two branches of one stem token and two leaves."""
    place, mask = branch_layout(2, 2, 1, 2)
    assert place.tolist() == [0, 1, 2, 3, 3, 2, 3, 3]
    seen = ["".join(str(int(x)) for x in row) for row in mask]
    assert seen == ["10000000", "11000000", "11100000", "11110000", "11101000",
                    "11000100", "11000110", "11000101"]  # fmt: skip


def test_two_digits_by_hand():
    """Ten digits of equal chance before, and after each one only its own digit: 11, 22, ..."""
    digits = jnp.arange(3, 13)
    logits = jnp.full((1, 11, 20), -1e9).at[:, 0, 3:13].set(0.0)
    logits = logits.at[0, jnp.arange(1, 11), digits].set(0.0)
    chances = np.exp(two_digit_log_probs(logits, digits)[0]).reshape(10, 10)
    np.testing.assert_allclose(chances, np.eye(10) / 10, atol=1e-6)


def test_all_numbers_add_up_to_no_more_than_one(decoder):
    logits = branch_logits(decoder, CONTEXT, STEMS, jnp.arange(48, 58))
    total = jax.nn.logsumexp(two_digit_log_probs(logits, jnp.arange(48, 58)), axis=1)
    assert (total < 0).all()
