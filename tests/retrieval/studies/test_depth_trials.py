"""Lists by hand, and prompts that all have one length on the real tokenizer."""

import numpy as np
import pytest

from whiteboard.retrieval.studies.depth_trials import CODES, NAMES, TEMPLATES, depth_trials

TRIALS = depth_trials(5, 7, [0.0, 0.5, 1.0], seed=3)


def test_depths_are_lines():
    assert TRIALS.answers.tolist() == [[0, 3, 6]] * 5
    assert depth_trials(1, 40, [0.25]).answers.tolist() == [[10]]
    assert TRIALS.names.shape == TRIALS.codes.shape == (5, 7)
    assert set(TRIALS.codes.ravel()) <= set(CODES)


def test_the_same_seed_with_fewer_lines_gives_beginnings_of_the_same_lists():
    short = depth_trials(5, 3, [1.0], seed=3)
    np.testing.assert_array_equal(short.names, TRIALS.names[:, :3])
    np.testing.assert_array_equal(short.codes, TRIALS.codes[:, :3])
    assert (depth_trials(5, 3, [1.0], seed=4).names != short.names).any()


def test_every_line_has_every_code_about_as_often():
    """Chi-squared of codes by line: its mean is its degrees of freedom."""
    codes = depth_trials(3000, 5, [0.0]).codes
    counts = np.array([np.bincount(column, minlength=100)[10:] for column in codes.T])
    expected = 3000 / len(CODES)
    assert 0.8 < ((counts - expected) ** 2 / expected).sum() / (5 * (len(CODES) - 1)) < 1.2


@pytest.mark.parametrize("depths", [[-0.1], [0.5, 1.1]])
def test_a_depth_outside_the_list_is_refused(depths):
    with pytest.raises(ValueError, match=r"wanted 0 \(first line\) to 1"):
        depth_trials(2, 5, depths)


@pytest.mark.parametrize("lines", [0, len(NAMES) + 1])
def test_more_lines_than_names_are_refused(lines):
    with pytest.raises(ValueError, match="one a name"):
        depth_trials(2, lines, [0.0])


def test_a_prompt_as_it_reads():
    trials = depth_trials(1, 2, [1.0])
    first, second = (NAMES[name] for name in trials.names[0])
    one, two = trials.codes[0]
    twice = TEMPLATES["asked twice"]
    assert twice.context(trials, 0, second) + twice.ask.format(name=second) == (
        f"Question: What is the secret code of {second}?\nHere is a list of codes.\n"
        f"The secret code of {first} is {one}.\nThe secret code of {second} is {two}.\n\n"
        f"Question: What is the secret code of {second}?\nAnswer: The secret code of {second} is "
    )
    assert [t.asks_first for t in TEMPLATES.values()] == [False, False, True]


@pytest.fixture(scope="module")
def tokenizer(smollm2):
    return smollm2.tokenizer


def test_every_name_is_one_token_and_every_code_two(tokenizer):
    assert {len(tokenizer.encode(f" {name}")) for name in NAMES} == {1}
    assert {len(tokenizer.encode(str(code))) for code in CODES} == {2}
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_prompt_in_parts_is_the_tokens_of_the_whole(tokenizer, name):
    """Context, question and code, encoded each for itself: no token spans a seam."""
    asked, code = NAMES[TRIALS.names[0, 3]], str(TRIALS.codes[0, 3])
    parts = TEMPLATES[name].context(TRIALS, 0, asked), TEMPLATES[name].ask.format(name=asked), code
    ids = [i for part in parts for i in tokenizer.encode(part, special=True)]
    assert ids == tokenizer.encode("".join(parts), special=True)
