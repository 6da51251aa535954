"""Who says what is searched for next: a rule, or a language model that is kept to what is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import jax.numpy as jnp

from whiteboard.decoding.confined import OPTIONS, option_log_probs, write_confined
from whiteboard.lm import LanguageModel, chat_template
from whiteboard.lm.tokenizer import ByteTokenizer
from whiteboard.retrieval.analyze import analyze
from whiteboard.retrieval.next_queries import next_queries
from whiteboard.retrieval.search_loop import Move, Policy, Step

Texts = Callable[[Iterable[str]], list[str]]
"""What the passages of these names say."""
NOTHING = "N/A"
"""Stands where the question stood, when the prompt is read without it."""


# --8<-- [start:rule]
def rule_policy(texts: Texts) -> Policy:
    """No model: the question, then its parts, then the calls that the passages quote, in order."""

    def policy(question: str, steps: Sequence[Step], held: Sequence[str]) -> Move | None:
        if not steps:
            return Move(question)
        left = next_queries(question, [step.query for step in steps], texts(held))
        return Move(left[0]) if left else None

    return policy


# --8<-- [end:rule]


# --8<-- [start:choose]
def choosing_policy(texts: Texts, model: LanguageModel) -> Policy:
    """The rule's candidates; the model takes the one that the question makes likelier most.

    That is log p(option | prompt) less the same without the question in it: an option that is
    short, or likely anywhere, gains nothing by it.

    Source: Zhao et al., Calibrate Before Use, arXiv 2102.09690 (there: divided by, at one token).

    Args:
        texts: from names of passages to their texts.
        model: chooses.

    Returns:
        The policy.
    """

    def policy(question: str, steps: Sequence[Step], held: Sequence[str]) -> Move | None:
        if not steps:
            return Move(question)
        said = texts(held)
        options = next_queries(question, [step.query for step in steps], said)[:OPTIONS]
        if len(options) < 2:
            return Move(options[0]) if options else None
        prompts = [ask(model, text, said, options) for text in (question, NOTHING)]
        spaced = [f" {option}" for option in options]
        asked, unasked = (option_log_probs(model, prompt, spaced) for prompt in prompts)
        read = sum(map(len, prompts)) + 2 * sum(len(model.tokenizer.encode(o)) for o in spaced)
        return Move(options[int(jnp.argmax(asked - unasked))], read)

    return policy


# --8<-- [end:choose]


# --8<-- [start:write]
def writing_policy(texts: Texts, model: LanguageModel) -> Policy:
    """The model writes the next query, of words that were found and not yet asked with.

    Args:
        texts: from names of passages to their texts.
        model: writes.

    Returns:
        The policy.
    """

    def policy(question: str, steps: Sequence[Step], held: Sequence[str]) -> Move | None:
        if not steps:
            return Move(question)
        said = texts(held)
        names = next_queries(question, [step.query for step in steps], said)[:OPTIONS]
        known = {*analyze(" ".join([question, *(step.query for step in steps)]))}
        found = re.findall(r"[\w.]*\w", " ".join(said_of(names, said)))
        words = [word for word in dict.fromkeys(found) if not {*analyze(word)} <= known]
        if not words:
            return None
        prompt = ask(model, question, said, names)
        query, written = write_confined(model, prompt, words)
        return Move(query, len(prompt) + written)

    return policy


# --8<-- [end:write]


def ask(
    model: LanguageModel, question: str, texts: Iterable[str], names: Sequence[str]
) -> list[int]:
    """The prompt: a line around each name that may be looked up, then the question.

    Args:
        model: instruction-tuned; its tokenizer encodes the prompt.
        question: the user's question.
        texts: passages found so far.
        names: what may be looked up next.

    Returns:
        Token ids.

    Raises:
        ValueError: the tiny model, which was never trained on conversations.
    """
    lines = "\n".join(f"- {line}" for line in said_of(names, texts))
    content = (
        f"Python's manual says:\n{lines}\n\nQuestion: {question}\nWhat is to be looked up next?"
    )
    if isinstance(model.tokenizer, ByteTokenizer):
        raise ValueError("the tiny model was never taught to chat: load smollm2-135m")
    turn = chat_template.encode(model.tokenizer, [{"role": "user", "content": content}])
    return turn + model.tokenizer.encode("Look up:")


def said_of(names: Sequence[str], texts: Iterable[str], width: int = 50) -> list[str]:
    """The words around the first place of each name, `width` characters to either side.

    Args:
        names: names that the texts quote.
        texts: passages found so far.
        width: characters to either side.

    Returns:
        One piece a name found, cut at white space.
    """
    flat, said = " ".join(" ".join(texts).split()), []
    for name in names:
        if (at := flat.find(f'"{name}"')) >= 0:
            piece = flat[max(at - width, 0) : at + len(name) + width]
            said.append(piece[piece.find(" ") + 1 : piece.rfind(" ")])
    return said
