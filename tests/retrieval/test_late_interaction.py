"""Token vectors against the encoder's own pooling; MaxSim against a loop in float64."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.retrieval.late_interaction import TokenVectors, maxsim, token_vectors

TEXTS = [
    "what does the else of a loop do",
    "",
    "The else clause runs when the loop ends without break. " * 40,
    "Naïve café, 漢字, 👍🏽",
]


@pytest.fixture(scope="module")
def vectors(minilm) -> TokenVectors:
    return token_vectors(minilm, TEXTS)


def random_vectors(seed: int, lengths: list[int], time: int, width: int = 5) -> TokenVectors:
    draw = np.random.default_rng(seed)
    mask = np.arange(time)[None] < np.array(lengths)[:, None]
    made = draw.normal(size=(len(lengths), time, width))
    made /= np.linalg.norm(made, axis=-1, keepdims=True)
    # What stands at padding is large: where it counts, it shows.
    return TokenVectors(
        jnp.asarray(np.where(mask[..., None], made, 7.0), jnp.float32), jnp.asarray(mask)
    )


def by_definition(query: TokenVectors, documents: TokenVectors) -> np.ndarray:
    """ColBERT's equation 3 as it is written: loops over the tokens that are there, in float64."""
    scores = np.zeros((len(query.mask), len(documents.mask)))
    for q, (rows, there) in enumerate(zip(*map(np.asarray, query), strict=True)):
        for d, (columns, here) in enumerate(zip(*map(np.asarray, documents), strict=True)):
            for token in rows[there].astype(np.float64):
                matches = [float(token @ other) for other in columns[here].astype(np.float64)]
                scores[q, d] += max(matches, default=-np.inf)
    return scores


def test_maxsim_is_the_definition():
    queries = random_vectors(0, [3, 1, 7], 7)
    documents = random_vectors(1, [11, 2, 0, 5], 11)
    np.testing.assert_allclose(
        maxsim(queries, documents), by_definition(queries, documents), atol=1e-5
    )


def test_maxsim_by_hand():
    """Two query tokens: the first is matched at 1, the second at best at 0.6, not at -1."""
    query = TokenVectors(jnp.array([[[1.0, 0.0], [0.0, 1.0]]]), jnp.ones((1, 2), bool))
    document = TokenVectors(
        jnp.array([[[1.0, 0.0], [0.8, 0.6], [0.0, -1.0], [0.0, 1.0]]]),
        jnp.array([[True, True, True, False]]),
    )
    np.testing.assert_allclose(maxsim(query, document), [[1.6]], atol=1e-6)


def test_more_padding_changes_nothing():
    queries, documents = random_vectors(2, [2, 4], 4), random_vectors(3, [3, 5], 5)
    wider = [
        TokenVectors(jnp.pad(v, ((0, 0), (0, 3), (0, 0)), constant_values=9), m)
        for (v, _), m in zip(
            (queries, documents),
            (jnp.pad(x.mask, ((0, 0), (0, 3))) for x in (queries, documents)),
            strict=True,
        )
    ]
    np.testing.assert_allclose(maxsim(*wider), maxsim(queries, documents), atol=1e-6)


def test_token_vectors_are_units_of_as_many_tokens_as_there_are(vectors, minilm):
    counts = [len(minilm.tokenizer.encode(text).ids) for text in TEXTS]
    assert vectors.mask.sum(1).tolist() == counts
    assert counts[2] == minilm.config.max_length == vectors.mask.shape[1]
    lengths = np.linalg.norm(np.asarray(vectors.vectors), axis=-1)
    np.testing.assert_allclose(lengths, np.asarray(vectors.mask), atol=1e-5)


def test_token_vectors_point_where_the_states_do(vectors, minilm):
    """A text of two tokens alone: the mean of the states themselves is the text's vector."""
    mask = jnp.ones((1, 2), bool)
    states = minilm.module(jnp.asarray([minilm.tokenizer.encode("").ids]), mask)[0]
    units = states / jnp.linalg.norm(states, axis=-1, keepdims=True)
    np.testing.assert_allclose(vectors.vectors[1, :2], units, atol=1e-5)
    mean = states.mean(0)
    np.testing.assert_allclose(minilm.encode([""])[0], mean / jnp.linalg.norm(mean), atol=1e-5)


def test_a_text_matches_itself_best(vectors):
    scores = np.asarray(maxsim(vectors, vectors))
    assert (scores.argmax(1) == np.arange(len(TEXTS))).all()
    np.testing.assert_allclose(scores.diagonal(), vectors.mask.sum(1), rtol=1e-5)


def test_no_texts_have_no_vectors(minilm):
    assert token_vectors(minilm, []).vectors.shape == (0, 1, 384)


def test_one_string_is_refused(minilm):
    with pytest.raises(TypeError, match="wanted a list of strings"):
        token_vectors(minilm, "a query")
