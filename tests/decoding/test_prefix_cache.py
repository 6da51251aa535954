"""The prefix cache on a model: the same tokens as without it, whatever is cached or evicted."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whiteboard.decoding.prefix_cache import PrefixCache
from whiteboard.lm.generate import generate_tokens
from whiteboard.lm.sampling import Sampling
from whiteboard.practice import variant

SLOTS, BLOCK = 80, 8
PREFIXES = [[(7 * n + k) % 251 for n in range(3 * BLOCK)] for k in range(3)]
PROMPTS = st.tuples(
    st.sampled_from("ab"), st.integers(0, 2), st.integers(0, 3 * BLOCK), st.integers(1, 9)
)


def plain(decoder, tokens, count):
    steps = generate_tokens(decoder, [tokens], max_new_tokens=count, sampling=Sampling())
    return [int(token[0]) for token in steps]


def cache_of(model, **changes):
    return PrefixCache(
        model.decoder, **{"blocks": 9, "slots": SLOTS, "block_size": BLOCK} | changes
    )


def prompt_of(prefix, shared, rest):
    return PREFIXES[prefix][:shared] + [100 + rest + n for n in range(rest)]


@settings(max_examples=25, deadline=None)
@given(st.lists(PROMPTS, min_size=1, max_size=8))
def test_any_requests_get_the_tokens_of_no_cache(tiny, requests):
    cache, seen = cache_of(tiny, blocks=5), {"a": [], "b": []}
    for tenant, *prompt in requests:
        tokens = prompt_of(*prompt)
        got, hit = cache.generate(tokens, tenant=tenant, max_new_tokens=3)
        assert got == plain(tiny.decoder, tokens, 3)
        # A hit is a beginning of something the same tenant has sent or got.
        assert hit == 0 or any(old[:hit] == tokens[:hit] for old in seen[tenant])
        assert hit % BLOCK == 0
        assert hit < len(tokens)
        seen[tenant].append(tokens + got)
        assert not any(node.users for node in cache.tree.nodes.values())


def test_the_pool_holds_the_keys_and_values_of_a_full_pass(tiny):
    cache = cache_of(tiny)
    tokens = prompt_of(0, 24, 3)
    cache.generate(tokens, tenant="a", max_new_tokens=1)
    request = cache.start(tokens, tenant="a")
    fresh = cache_of(tiny).start(tokens, tenant="a")
    assert (request.hit_tokens, fresh.hit_tokens) == (24, 0)
    for ours, full in zip(request.cache, fresh.cache):
        np.testing.assert_allclose(ours.key[..., :27], full.key[..., :27], atol=1e-5)
        np.testing.assert_allclose(ours.value[:, :, :27], full.value[:, :, :27], atol=1e-5)
    np.testing.assert_allclose(request.logits, fresh.logits, atol=1e-4)


def test_a_chat_finds_its_own_answer(tiny):
    cache, tokens = cache_of(tiny), prompt_of(1, 16, 2)
    answer, _ = cache.generate(tokens, tenant="a", max_new_tokens=12)
    _, hit = cache.generate([*tokens, *answer, 9], tenant="a", max_new_tokens=1)
    assert hit == 24  # of 30 tokens, 29 have keys, in three full blocks of 8


def test_an_equal_prompt_still_computes_its_last_token(tiny):
    cache, tokens = cache_of(tiny), PREFIXES[0]
    first, _ = cache.generate(tokens, tenant="a", max_new_tokens=2)
    again, hit = cache.generate(tokens, tenant="a", max_new_tokens=2)
    assert (again, hit) == (first, 16)
    assert cache.generate(tokens, tenant="b", max_new_tokens=2) == (first, 0)


def test_without_the_parent_a_wrong_block_is_reused(tiny):
    tokens = PREFIXES[0][:BLOCK] + PREFIXES[1][BLOCK:] + [3]
    wrong = cache_of(tiny, hash_blocks=variant(13, "hash_without_parent"))
    right = cache_of(tiny)
    logits = {}
    for cache in (wrong, right):
        for known in PREFIXES[:2]:
            cache.generate([*known, 1], tenant="a", max_new_tokens=1)
        logits[cache is right] = (request := cache.start(tokens, tenant="a")).logits
        assert request.hit_tokens == (BLOCK if cache is right else 3 * BLOCK)
    full = cache_of(tiny).start(tokens, tenant="a").logits
    np.testing.assert_allclose(logits[True], full, atol=1e-4)
    assert float(jnp.abs(logits[False] - full).max()) > 0.1


def test_what_does_not_fit_is_refused(tiny):
    with pytest.raises(ValueError, match="whole blocks of 8, at most 512; got 81"):
        cache_of(tiny, slots=81)
    with pytest.raises(ValueError, match="need more than the 80 slots"):
        cache_of(tiny).generate([1] * 79, tenant="a", max_new_tokens=2)
    with pytest.raises(ValueError, match="has no tokens"):
        cache_of(tiny).generate([], tenant="a", max_new_tokens=1)


def test_the_real_model_gives_the_same_tokens(smollm2):
    tokens = smollm2.tokenizer.encode("The with statement is used to wrap a block. " * 5)
    cache = PrefixCache(smollm2.decoder, blocks=8, slots=128)
    first, missed = cache.generate(tokens, tenant="a", max_new_tokens=6)
    again, hit = cache.generate(tokens, tenant="a", max_new_tokens=6)
    assert first == again == plain(smollm2.decoder, tokens, 6)
    assert (missed, hit) == (0, 16 * ((len(tokens) - 1) // 16))
