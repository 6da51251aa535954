"""A small language whose words a program can check: two to four syllables, "kamisu.".

A syllable is a consonant and a vowel, all equally likely; a full stop ends the word. What is liked
is the letter a; but a word without another vowel is babble. Babble is rare in the language, so what
is learned from a sample of it hardly says so: a reward model's blind spot.
"""

from __future__ import annotations

from math import comb

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

VOWELS, CONSONANTS = "aeiou", "kmnst"
LETTERS = VOWELS + CONSONANTS + "."
LETTER_A, END = LETTERS.index("a"), LETTERS.index(".")
SYLLABLES = (2, 3, 4)
LENGTH = 2 * SYLLABLES[-1] + 1


def draw_words(key: Key[Array, ""], count: int) -> Int[Array, "count length"]:
    """Words of the language, each followed by full stops up to one length.

    Args:
        key: of the draws.
        count: number of words.

    Returns:
        Token ids of each word.
    """
    keys, shape = jax.random.split(key, 3), (count, SYLLABLES[-1])
    vowels = jax.random.randint(keys[0], shape, 0, len(VOWELS))
    consonants = len(VOWELS) + jax.random.randint(keys[1], shape, 0, len(CONSONANTS))
    letters = jnp.stack([consonants, vowels], axis=-1).reshape(count, -1)
    syllables = jax.random.randint(keys[2], (count, 1), SYLLABLES[0], SYLLABLES[-1] + 1)
    words = jnp.where(jnp.arange(LENGTH - 1)[None] < 2 * syllables, letters, END)
    return jnp.pad(words, ((0, 0), (0, 1)), constant_values=END)


def draw_prompts(key: Key[Array, ""], count: int) -> Int[Array, "count"]:
    """First letters, to be made into words.

    Args:
        key: of the draws.
        count: number of prompts.

    Returns:
        One consonant's token id for each prompt.
    """
    return len(VOWELS) + jax.random.randint(key, (count,), 0, len(CONSONANTS))


def answer_mask(tokens: Int[Array, "batch length"]) -> Bool[Array, "batch length"]:
    """True from the second letter to the first full stop, which belongs to the answer."""
    stops = tokens == END
    before = jnp.cumsum(stops, axis=1) - stops
    return (before == 0) & (jnp.arange(tokens.shape[1]) > 0)[None]


def spelled(tokens: Int[Array, "length"]) -> str:
    """The word in letters, up to its full stop."""
    text = "".join(LETTERS[token] for token in np.asarray(tokens))
    word, stop, _ = text.partition(".")
    return word + stop


# --8<-- [start:reward]
def is_word(tokens: Int[Array, "batch length"]) -> Bool[Array, "batch"]:
    """Whether a row is a word: consonants and vowels in turn, 2 to 4 syllables, a full stop."""
    place = jnp.arange(tokens.shape[1])[None]
    letters = (tokens == END).argmax(axis=1)
    vowel_due, vowel = place % 2 == 1, tokens < len(VOWELS)
    in_turn = (vowel_due == vowel) | (place >= letters[:, None])
    return in_turn.all(axis=1) & jnp.isin(letters, 2 * jnp.array(SYLLABLES))


def verified_reward(tokens: Int[Array, "batch length"]) -> Float[Array, "batch"]:
    """The letters a in a word that has another vowel too, 0 to 3; nothing for all else."""
    letters_a = (tokens == LETTER_A).sum(axis=1)
    other = ((tokens < len(VOWELS)) & (tokens != LETTER_A)).any(axis=1)
    return jnp.where(is_word(tokens) & other, letters_a, 0).astype(jnp.float32)


# --8<-- [end:reward]


def word_classes() -> tuple[Float[np.ndarray, "classes"], Float[np.ndarray, "classes"]]:
    """Log-probability of each number of syllables and of letters a, and the verified reward.

    Words of one class have one reward, so the best policy under a KL leash differs from the
    language in its classes alone.
    """
    classes = [(n, k) for n in SYLLABLES for k in range(n + 1)]
    others = len(VOWELS) - 1
    chance = [
        comb(n, k) * others ** (n - k) / len(VOWELS) ** n / len(SYLLABLES) for n, k in classes
    ]
    return np.log(chance), np.array([k if k < n else 0 for n, k in classes], float)
