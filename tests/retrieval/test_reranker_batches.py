"""Which negatives a step draws, and which weights it changes."""

import jax
from flax import nnx

from whiteboard.retrieval.cross_encoder import CrossEncoder
from whiteboard.retrieval.hybrid import python_index
from whiteboard.retrieval.reranker_batches import batches, trained_weights
from whiteboard.retrieval.reranker_training import Example


def test_batches_draw_both_sorts_of_negatives_and_mark_what_is_missing():
    tokenizer = python_index().encoder.tokenizer
    examples = [Example(f"query {n}", "the answer", ("no", "never"), ("far",)) for n in range(5)]
    steps = list(batches(tokenizer, examples, groups=2, negatives=4, length=24, hard=1))
    assert len(steps) == 2
    for step in steps:
        assert step.ids.shape == (10, 24)
        assert step.absent.tolist() == [[False, False, False, True, True]] * 2
        for row, (ids, length) in enumerate(zip(step.ids, step.lengths, strict=True)):
            words = tokenizer.decode(ids[step.documents[row] : length].tolist())
            wanted = [("the answer",), ("no", "never"), ("far",), ("",), ("",)]
            assert words in wanted[row % 5]
            assert not ids[length:].any()


def test_only_hard_negatives_when_that_is_asked():
    tokenizer = python_index().encoder.tokenizer
    examples = [Example("query", "the answer", ("no", "never"), ("far",))]
    (step,) = batches(tokenizer, examples, groups=1, negatives=2, length=24, hard=2)
    assert not step.absent.any()
    words = [
        tokenizer.decode(ids[at:length].tolist())
        for ids, at, length in zip(step.ids, step.documents, step.lengths)
    ]
    assert set(words[1:]) == {"no", "never"}


def test_the_head_and_the_layers_are_trained_and_no_embedding():
    model = CrossEncoder(python_index().encoder.module, rngs=nnx.Rngs(0))
    trained, rest = nnx.split_state(nnx.state(model), trained_weights, ...)
    names = [".".join(map(str, path)) for path, _ in nnx.to_flat_state(rest)]
    assert any(name.startswith("encoder.tokens") for name in names)
    assert not any("layers" in name or name.startswith("head") for name in names)
    sizes = [sum(x.size for x in jax.tree.leaves(part)) for part in (trained, rest)]
    assert 0.4 < sizes[1] / sum(sizes) < 0.6  # half of all weights, as the docstring says
