"""Text in, text out: answers, seeds, stop strings, and who can chat."""

import pytest

from whiteboard.lm.generate import decode_step
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.tokenizer import ByteTokenizer


def test_the_real_model_answers(smollm2):
    """The capital is known; the cache, the template and the end token work together."""
    question = [{"role": "user", "content": "What is the capital of France? Answer briefly."}]
    answer = smollm2.chat(question, max_new_tokens=24)
    assert "Paris" in answer
    assert "<|im_end|>" not in answer
    assert "".join(smollm2.stream(question, max_new_tokens=24)) == answer


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


def test_tiny_cannot_chat(tiny):
    assert isinstance(tiny.tokenizer, ByteTokenizer)
    with pytest.raises(ValueError, match="never taught to chat"):
        tiny.chat([{"role": "user", "content": "hi"}])


def test_a_model_is_its_decoder_and_tokenizer_and_no_more(tiny):
    model = LanguageModel(tiny.decoder, tiny.tokenizer)
    assert model.config is tiny.decoder.config
    assert model.generate("To be", max_new_tokens=5) == tiny.generate("To be", max_new_tokens=5)
    assert model.generate(["To be"], max_new_tokens=5) == [
        model.generate("To be", max_new_tokens=5)
    ]


def test_a_batch_of_conversations_answers_each_as_alone(smollm2):
    questions = [[{"role": "user", "content": text}] for text in ("Say yes.", "Name a colour.")]
    together = smollm2.chat(questions, max_new_tokens=6)
    assert together == [smollm2.chat(question, max_new_tokens=6) for question in questions]
