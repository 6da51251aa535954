"""A conversation to learn from: SmolLM2's template, and only the answers count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from whiteboard.architecture.packing import Example
from whiteboard.lm.chat_template import encode
from whiteboard.lm.tokenizer import Tokenizer


# --8<-- [start:chat_example]
def chat_example(tokenizer: Tokenizer, messages: Sequence[Mapping[str, str]]) -> Example:
    """Tokens of a conversation; the assistant's words and their <|im_end|> are to be learnt.

    Up to an answer the tokens are exactly those that the model reads before it answers. The end
    token counts, or the model never learns to stop; the line break after it is the template's.

    Args:
        tokenizer: its control tokens alone are control tokens: a message cannot end its own turn.
        messages: roles and contents, as for `chat_template.encode`.

    Returns:
        The tokens, and which of them count in the loss.

    Raises:
        ValueError: no message is the assistant's, or an answer's first characters would merge with
            the template's line break: strip it.
    """
    tokens = encode(tokenizer, messages, add_generation_prompt=False)
    counted = [False] * len(tokens)
    line_break = len(tokenizer.encode("\n"))
    for k, message in enumerate(messages):
        if message["role"] == "assistant":
            prompt = encode(tokenizer, messages[:k])
            if tokens[: len(prompt)] != prompt:
                raise ValueError(f"message {k}: an answer must not begin with white space")
            turn = encode(tokenizer, messages[: k + 1], add_generation_prompt=False)
            end = len(turn) - line_break
            counted[len(prompt) : end] = [True] * (end - len(prompt))
    if not any(counted):
        raise ValueError("no message is the assistant's: there is nothing to learn")
    return Example(tokens, counted)


# --8<-- [end:chat_example]
