"""The small language: its words are words by a regular expression, and its classes add up."""

import re

import jax
import jax.numpy as jnp
import numpy as np

from whiteboard.architecture.syllables import (
    LENGTH,
    LETTERS,
    answer_mask,
    draw_prompts,
    draw_words,
    is_word,
    spelled,
    verified_reward,
    word_classes,
)

WORD = re.compile(r"([kmnst][aeiou]){2,4}\.")


def _tokens(*words):
    return jnp.array([[LETTERS.index(c) for c in word.ljust(LENGTH, ".")] for word in words])


def test_the_checker_is_the_regular_expression():
    noise = jax.random.randint(jax.random.key(0), (2000, LENGTH), 0, len(LETTERS))
    words = draw_words(jax.random.key(1), 500)
    swapped = words.at[:, 2].set(noise[:500, 0])
    tokens = jnp.concatenate([noise, words, swapped])
    want = [bool(WORD.fullmatch(spelled(row))) for row in tokens]
    assert is_word(tokens).tolist() == want
    assert 500 < sum(want) < 1000


def test_rewards_by_hand():
    words = _tokens(
        "kasi.", "kamatanu.", "kisu.", "kasa.", "ki.", "aaaaiaaa.", "kasai.", "kasikasik"
    )
    assert verified_reward(words).tolist() == [1, 3, 0, 0, 0, 0, 0, 0]


def test_what_counts_of_an_answer():
    mask = answer_mask(_tokens("kasa.", "kasakasak"))
    assert mask.sum(axis=1).tolist() == [4, 8]  # s a k a and the stop; no stop to count
    assert not mask[:, 0].any()


def test_the_classes_are_the_languages():
    words = draw_words(jax.random.key(2), 20_000)
    found = np.bincount(np.asarray(verified_reward(words), int), minlength=4) / len(words)
    log_chance, reward = word_classes()
    want = np.bincount(reward.astype(int), np.exp(log_chance))
    np.testing.assert_allclose(found, want, atol=0.01)
    np.testing.assert_allclose([want.sum(), want @ np.arange(4)], [1, 0.6 - 0.1104 / 3])


def test_prompts_are_consonants():
    prompts = np.asarray(draw_prompts(jax.random.key(0), 200))
    assert {LETTERS[p] for p in prompts} == set("kmnst")
