"""The rule by hand; the model's choice by what it reads; what it can write at all."""

from whiteboard.decoding.confined import option_log_probs
from whiteboard.lm import chat_template
from whiteboard.retrieval.search_loop import Move, Step
from whiteboard.retrieval.search_policies import (
    NOTHING,
    ask,
    choosing_policy,
    rule_policy,
    said_of,
    writing_policy,
)

TEXTS = {
    "a": 'Addition calls "__add__()" of the left operand; the remainder calls "__mod__()".',
    "b": 'The remainder calls "__mod__()", a power calls "__pow__()".',
}
QUESTION = "which method gives the remainder of a division"
ASKED = (Step(QUESTION, ("a",), 1, 0.0, 0),)


def texts(names):
    return [TEXTS[name] for name in names]


def test_the_rule_takes_names_in_order_until_none_is_left():
    policy = rule_policy(texts)
    assert policy(QUESTION, (), ()) == Move(QUESTION)
    steps, held = ASKED, ("a", "b")
    for name in ("__add__()", "__mod__()", "__pow__()"):
        assert policy(QUESTION, steps, held) == Move(name)
        steps = (*steps, Step(name, (), 0, 0.0, 0))
    assert policy(QUESTION, steps, held) is None


def test_what_is_said_of_a_name_stands_around_it():
    assert said_of(["__add__()"], texts("a"), width=11) == ['calls "__add__()" of the']
    assert said_of(["split()"], texts("a")) == []


def test_the_model_chooses_what_the_question_makes_likelier(smollm2):
    move = choosing_policy(texts, smollm2)(QUESTION, ASKED, ("a",))
    options = ["__add__()", "__mod__()"]
    spaced = [f" {option}" for option in options]
    prompts = [ask(smollm2, q, texts("a"), options) for q in (QUESTION, NOTHING)]
    asked, unasked = (option_log_probs(smollm2, prompt, spaced) for prompt in prompts)
    gains = (asked - unasked).tolist()
    read = sum(len(p) + sum(len(smollm2.tokenizer.encode(o)) for o in spaced) for p in prompts)
    assert move == Move(options[gains.index(max(gains))], read)
    assert move.query == "__mod__()"


def test_one_option_needs_no_model_and_none_ends_the_loop(smollm2):
    policy = choosing_policy(texts, smollm2)
    steps = (*ASKED, Step("__add__()", (), 0, 0.0, 0))
    assert policy(QUESTION, steps, ("a",)) == Move("__mod__()")
    steps = (*steps, Step("__mod__()", (), 0, 0.0, 0))
    assert policy(QUESTION, steps, ("a",)) is None


def test_it_writes_words_that_were_found_and_not_yet_asked_with(smollm2):
    move = writing_policy(texts, smollm2)(QUESTION, ASKED, ("a",))
    found = {"Addition", "calls", "__add__", "left", "operand", "__mod__"}
    assert {*move.query.split()} <= found
    prompt = ask(smollm2, QUESTION, texts("a"), ["__add__()", "__mod__()"])
    assert move.tokens > len(prompt)
    assert writing_policy(texts, smollm2)(QUESTION, ASKED, ()) is None


def test_the_prompt_ends_in_the_assistants_turn(smollm2):
    said = smollm2.tokenizer.decode(ask(smollm2, QUESTION, texts("a"), ["__add__()"]))
    turn = [{"role": "user", "content": "x"}]
    whole = smollm2.tokenizer.decode(chat_template.encode(smollm2.tokenizer, turn))
    assert said.endswith(whole.rpartition("x")[2] + "Look up:")
    assert f"Question: {QUESTION}" in said
