"""Generation against the full pass, batches against single prompts, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.lm import Sampling
from whiteboard.lm.generate import decode_step, empty_cache, generate_tokens, prefill
from whiteboard.lm.tokenizer import ByteTokenizer

STORED = "lm_logits.npz"
GREEDY = Sampling()


def continued(decoder, prompts, count, sampling=GREEDY):
    steps = generate_tokens(decoder, prompts, max_new_tokens=count, sampling=sampling)
    return np.array(list(steps)).T


@pytest.fixture(scope="module")
def prompts():
    draw = np.random.default_rng(5)
    return [draw.integers(1, 256, n).tolist() for n in (3, 64, 17)]


def test_greedy_takes_the_best_token_of_the_full_pass(tiny, prompts):
    forward = jax.jit(lambda module, tokens: module(tokens))
    (answer,) = continued(tiny.decoder, prompts[:1], 7)
    text = jnp.array([prompts[0] + answer.tolist()])
    best = forward(tiny.decoder, text)[0].argmax(-1)
    np.testing.assert_array_equal(answer, best[len(prompts[0]) - 1 : -1])


@pytest.mark.parametrize("sampling", [GREEDY, Sampling(temperature=0.7, top_k=50, seed=4)])
def test_a_batch_answers_each_prompt_as_if_alone(tiny, prompts, sampling):
    """Ragged prompts are padded, and padding changes no token."""
    together = continued(tiny.decoder, prompts, 9, sampling)
    np.testing.assert_array_equal(together[0], continued(tiny.decoder, prompts[:1], 9, sampling)[0])
    if sampling == GREEDY:  # a draw depends on the row
        for row, prompt in enumerate(prompts):
            alone = continued(tiny.decoder, [prompt], 9)[0]
            np.testing.assert_array_equal(together[row], alone)


def test_padding_changes_no_logit(tiny, prompts):
    def last(padding, fill):
        tokens = np.full((1, 20 + padding), fill, np.int32)
        tokens[0, :17] = prompts[2]
        cache = empty_cache(tiny.decoder, batch=1, slots=20 + padding)
        return prefill(tiny.decoder, tokens, np.array([17], np.int32), cache)[0]

    np.testing.assert_array_equal(last(44, 0), last(44, 9))
    np.testing.assert_allclose(last(44, 0), last(0, 0), atol=1e-6)


def test_the_rest_of_a_prompt_has_the_logits_of_the_whole(tiny, prompts):
    """Two rows that go on from positions of their own; behind each rest stands padding."""
    whole, common = [prompts[1][:30], prompts[2]], np.array([19, 5], np.int32)
    rows = np.zeros((2, 64), np.int32), np.zeros((2, 12), np.int32)
    for number, (prompt, at) in enumerate(zip(whole, common)):
        rows[0][number, : len(prompt)] = prompt
        rows[1][number, : len(prompt) - at] = prompt[at:]
    length = np.array([len(prompt) for prompt in whole], np.int32)

    def cache():
        return empty_cache(tiny.decoder, batch=2, slots=64)

    want, _ = prefill(tiny.decoder, rows[0], length, cache())
    _, begun = prefill(tiny.decoder, rows[0], common, cache())
    got, _ = prefill(tiny.decoder, rows[1], length - common, begun, common)
    np.testing.assert_allclose(got, want, atol=1e-4)


def test_the_real_model_answers(smollm2):
    """The capital is known; the cache, the template and the end token work together."""
    question = [{"role": "user", "content": "What is the capital of France? Answer briefly."}]
    answer = smollm2.chat(question, max_new_tokens=24)
    assert "Paris" in answer
    assert "<|im_end|>" not in answer
    assert "".join(smollm2.stream(question, max_new_tokens=24)) == answer


def test_the_real_model_gives_the_tokens_of_transformers(smollm2, stored):
    """Each best token of the stored reference follows from the prompt before it."""
    tokens, top = stored["tokens"].tolist(), stored["top"]
    lengths = [40, 51, 63]
    (first,) = continued(smollm2.decoder, [tokens[:n] for n in lengths], 1).T
    np.testing.assert_array_equal(first, top[np.array(lengths) - 1])


def test_seeds_repeat_an_answer_and_change_it(tiny):
    def drawn(seed):
        return tiny.generate("To be", max_new_tokens=20, temperature=1.0, seed=seed)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_stop_strings_end_an_answer_in_a_batch_row_by_row(tiny):
    whole = tiny.generate(["To be", "or not"], max_new_tokens=12, temperature=1.0, seed=8)
    stop = next(c for c in whole[0] if c not in whole[1])
    first, second = tiny.generate(
        ["To be", "or not"], max_new_tokens=12, temperature=1.0, seed=8, stop=stop
    )
    assert first == whole[0][: whole[0].index(stop)]
    assert second == whole[1]


def test_generation_stops_asking_once_all_rows_are_done(tiny, monkeypatch):
    whole = tiny.generate("To be", max_new_tokens=12)
    steps = []
    monkeypatch.setattr(
        "whiteboard.lm.generate.decode_step", lambda *a: steps.append(1) or decode_step(*a)
    )
    tiny.generate("To be", max_new_tokens=12, stop=whole[0])
    assert not steps


def test_prompts_of_one_bucket_share_a_program(tiny):
    def programs_after(length):
        tiny.generate(["a" * length] * 5, max_new_tokens=2)  # no other test has batches of 5
        return np.array([prefill._cache_size(), decode_step._cache_size()])

    first = programs_after(1)
    np.testing.assert_array_equal(programs_after(30), first)
    np.testing.assert_array_equal(programs_after(62), first)
    np.testing.assert_array_equal(programs_after(63), first + 1)  # 65 slots


def test_the_cache_is_written_in_place(tiny):
    """The program's outputs alias the donated cache, so a step moves no cache about."""
    cache = empty_cache(tiny.decoder, batch=2, slots=64)
    size = sum(leaf.nbytes for leaf in jax.tree.leaves(cache))
    zero = np.zeros(2, np.int32)
    compiled = decode_step.lower(tiny.decoder, zero, zero, cache).compile()
    memory = compiled.memory_analysis()
    assert memory.alias_size_in_bytes == size
    assert memory.temp_size_in_bytes < size
    decode_step(tiny.decoder, zero, zero, cache)
    assert cache[0].key.is_deleted()


@pytest.mark.parametrize(
    ("prompts", "count", "message"),
    [
        ([], 1, "wanted at least one prompt"),
        ([[1], []], 1, "prompt 1 has no tokens"),
        ([[1]], 0, "max_new_tokens must be 1 or more, got 0"),
        ([[1], [3, 256]], 1, "prompt 1 has tokens 3 to 256; ids run from 0 to 255"),
        ([[-1]], 1, "prompt 0 has tokens -1 to -1"),
        ([[1] * 510], 5, "prompt 0 has 510 tokens.*context of 512.*at most 2 tokens"),
    ],
)
def test_what_cannot_be_answered_is_refused(tiny, prompts, count, message):
    with pytest.raises(ValueError, match=message):
        continued(tiny.decoder, prompts, count)


def test_a_context_can_be_filled_to_its_last_slot(tiny):
    assert continued(tiny.decoder, [[1] * 500], 12).shape == (1, 12)


def test_tiny_cannot_chat(tiny):
    assert isinstance(tiny.tokenizer, ByteTokenizer)
    with pytest.raises(ValueError, match="never taught to chat"):
        tiny.chat([{"role": "user", "content": "hi"}])
