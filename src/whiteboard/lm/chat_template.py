"""SmolLM2's chat format: <|im_start|>role, a line break, the text, <|im_end|>, a line break."""

from collections.abc import Mapping, Sequence

from whiteboard.lm.tokenizer import Tokenizer

START, END = "<|im_start|>", "<|im_end|>"
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
ROLES = ("system", "user", "assistant", "tool")


def render(messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> str:
    """The conversation as one string, as the template in the weights file would write it.

    The default system message comes first unless the caller's first message is a system message.
    There is no token before it: <|im_start|> is the beginning.

    Args:
        messages: role and content of each message, in order.
        add_generation_prompt: append the header of the assistant's next answer.

    Returns:
        The text, control tokens written out.
    """
    turns = "".join(f"{START}{turn}{END}\n" for turn in _turns(messages))
    return turns + (f"{START}assistant\n" if add_generation_prompt else "")


def encode(
    tokenizer: Tokenizer,
    messages: Sequence[Mapping[str, str]],
    add_generation_prompt: bool = True,
) -> list[int]:
    """Token ids of the conversation, equal to `tokenizer.encode(render(...), special=True)`.

    Unlike that, a message that contains <|im_end|> cannot end its own turn: only the frame's
    control tokens are control tokens.

    Args:
        tokenizer: knows the ids of the frame's control tokens.
        messages: role and content of each message, in order.
        add_generation_prompt: append the header of the assistant's next answer.

    Returns:
        Token ids, ready for the decoder.
    """
    start, end = tokenizer.id(START), tokenizer.id(END)
    line = tokenizer.encode("\n")
    ids = [i for turn in _turns(messages) for i in (start, *tokenizer.encode(turn), end, *line)]
    return ids + ([start, *tokenizer.encode("assistant\n")] if add_generation_prompt else [])


def _turns(messages: Sequence[Mapping[str, str]]) -> list[str]:
    if not messages:
        raise ValueError("a conversation needs at least one message")
    for i, message in enumerate(messages):
        if set(message) != {"role", "content"} or message["role"] not in ROLES:
            raise ValueError(
                f"message {i}: wanted role (one of {', '.join(ROLES)}) and content, got "
                f"{dict(message)}"
            )
        if not isinstance(message["content"], str):
            raise ValueError(f"message {i}: content is {type(message['content'])}, wanted str")
    first = messages[0]["role"] == "system"
    default = [] if first else [{"role": "system", "content": DEFAULT_SYSTEM}]
    return [f"{m['role']}\n{m['content']}" for m in (*default, *messages)]
