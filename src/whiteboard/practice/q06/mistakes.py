"""Known wrong ways to pack documents, to mask them, to take the loss, and to lay out a chat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from whiteboard.architecture.packing import Example, Packed, document_mask, pack
from whiteboard.lm.chat_template import encode, render
from whiteboard.lm.tokenizer import Tokenizer
from whiteboard.practice.core import Variant
from whiteboard.practice.q06 import packing_checks as packing
from whiteboard.practice.q06 import training_checks as training
from whiteboard.training.chat_example import chat_example
from whiteboard.training.step import next_token_loss


def cut_at_the_end_of_the_row(examples: Sequence[Example], time: int, *, pad_id: int = 0) -> Packed:
    """answers lose their questions, and questions their answers, wherever a row ends"""
    stream = [(t, i) for i, example in enumerate(examples) for t in example.tokens]
    marks = np.concatenate([[False, *example.counted[1:]] for example in examples])
    missing = -len(stream) % time
    tokens, owner = np.array(stream + [(pad_id, -1)] * missing, np.int32).T.reshape(2, -1, time)
    counted = np.pad(marks, (0, missing)).reshape(tokens.shape)
    return Packed(tokens, np.where(owner < 0, 0, owner - owner[:, :1] + 1), counted)


def one_document_a_row(examples: Sequence[Example], time: int, *, pad_id: int = 0) -> Packed:
    """right, and most of what a step computes is padding"""
    rows = [pack([example], time, pad_id=pad_id) for example in examples]
    return Packed(*(np.concatenate(parts) for parts in zip(*rows)))


def long_documents_cut(examples: Sequence[Example], time: int, *, pad_id: int = 0) -> Packed:
    """the longest answers end in the middle: the model learns to go on without an end"""
    return pack([Example(t[:time], c[:time]) for t, c in examples], time, pad_id=pad_id)


def boundary_token_counted(examples: Sequence[Example], time: int, *, pad_id: int = 0) -> Packed:
    """a document's first token is learnt from the last one of a stranger"""
    packed = pack(examples, time, pad_id=pad_id)
    starts = np.diff(packed.documents, axis=1, prepend=0) > 0
    return packed._replace(counted=packed.counted | starts)


def end_token_taken_for_padding(
    examples: Sequence[Example], time: int, *, pad_id: int = 0
) -> Packed:
    """padding is the end token, and masking it masks every end: the model never stops"""
    packed = pack(examples, time, pad_id=pad_id)
    return packed._replace(counted=packed.counted & (packed.tokens != pad_id))


def attention_leaks(documents: Array) -> Array:
    """a plain causal mask: a document reads those packed before it, and its loss is too low"""
    time = documents.shape[1]
    return jnp.broadcast_to(jnp.tril(jnp.ones((1, time, time), bool)), (len(documents), time, time))


def future_leaks(documents: Array) -> Array:
    """the mask is of documents alone: a training loss near 0, and nonsense when sampling"""
    return documents[:, :, None] == documents[:, None, :]


def blind_to_itself(documents: Array) -> Array:
    """the diagonal is missing: each token reads only what stands before it"""
    return document_mask(documents) & ~jnp.eye(documents.shape[1], dtype=bool)[None]


def labels_not_shifted(logits: Array, tokens: Array, counted: Array | None = None) -> Array:
    """the model learns to repeat its input: the loss falls to 0, and samples stutter"""
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, tokens)
    return losses.mean(where=counted)


def loss_on_the_prompt(logits: Array, tokens: Array, counted: Array | None = None) -> Array:
    """with long prompts most of the gradient teaches the model to write questions"""
    return next_token_loss(logits, tokens)


def marks_not_shifted(logits: Array, tokens: Array, counted: Array | None = None) -> Array:
    """the answer's first token is never learnt, and what follows its end is"""
    return next_token_loss(logits, tokens, None if counted is None else jnp.roll(counted, 1, 1))


def divided_by_all_tokens(logits: Array, tokens: Array, counted: Array | None = None) -> Array:
    """the step shrinks with the share of padding and prompt in a batch"""
    loss = next_token_loss(logits, tokens, counted)
    return loss if counted is None else loss * counted[:, 1:].mean()


def mean_of_row_means(logits: Array, tokens: Array, counted: Array | None = None) -> Array:
    """a token of a short answer weighs more than one of a long answer"""
    marks = jnp.ones(tokens.shape, bool) if counted is None else counted
    rows = [next_token_loss(*(x[i : i + 1] for x in (logits, tokens, marks))) for i in range(2)]
    return jnp.stack(rows).mean()


Messages = Sequence[Mapping[str, str]]


def begin_token_twice(tokenizer: Tokenizer, messages: Messages) -> Example:
    """training prompts start with a token more than those of inference"""
    tokens, counted = chat_example(tokenizer, messages)
    return Example([tokens[0], *tokens], [False, *counted])


def end_token_not_learned(tokenizer: Tokenizer, messages: Messages) -> Example:
    """answers are right and then go on, up to the limit of tokens"""
    tokens, counted = chat_example(tokenizer, messages)
    return Example(tokens, [c and t != tokenizer.eos_id for t, c in zip(tokens, counted)])


def every_turn_learned(tokenizer: Tokenizer, messages: Messages) -> Example:
    """the model asks itself the next question"""
    tokens, _ = chat_example(tokenizer, messages)
    return Example(tokens, [True] * len(tokens))


def only_the_last_answer_learned(tokenizer: Tokenizer, messages: Messages) -> Example:
    """right, and of a long conversation all answers but one are thrown away"""
    tokens, counted = chat_example(tokenizer, messages)
    last = len(encode(tokenizer, messages[:-1]))
    return Example(tokens, [c and i >= last for i, c in enumerate(counted)])


def control_tokens_typed_by_users(tokenizer: Tokenizer, messages: Messages) -> Example:
    """a user who types <|im_end|> ends the turn, and may write the assistant's"""
    tokens, counted = chat_example(tokenizer, messages)
    read = tokenizer.encode(render(messages, add_generation_prompt=False), special=True)
    return Example(read, counted if len(read) == len(tokens) else [False] * len(read))


MISTAKES = (
    # Of `next_token_loss`.
    Variant.of(
        labels_not_shifted,
        caught_by=[
            training.labels_are_the_next_tokens,
            training.each_counted_token_weighs_the_same,
            training.prompts_get_no_gradient,
        ],
    ),
    Variant.of(
        loss_on_the_prompt,
        caught_by=[training.each_counted_token_weighs_the_same, training.prompts_get_no_gradient],
    ),
    Variant.of(
        marks_not_shifted,
        caught_by=[training.each_counted_token_weighs_the_same, training.prompts_get_no_gradient],
    ),
    Variant.of(divided_by_all_tokens, caught_by=[training.each_counted_token_weighs_the_same]),
    Variant.of(mean_of_row_means, caught_by=[training.each_counted_token_weighs_the_same]),
    # Of `chat_example`.
    Variant.of(begin_token_twice, caught_by=[training.prompts_are_those_of_inference]),
    Variant.of(end_token_not_learned, caught_by=[training.end_tokens_count]),
    Variant.of(every_turn_learned, caught_by=[training.nothing_else_counts]),
    Variant.of(
        only_the_last_answer_learned, caught_by=[training.answers_count, training.end_tokens_count]
    ),
    Variant.of(control_tokens_typed_by_users, caught_by=[training.text_cannot_end_a_turn]),
    # Of `pack`.
    Variant.of(
        cut_at_the_end_of_the_row,
        caught_by=[
            packing.documents_are_kept_whole,
            packing.first_tokens_do_not_count,
            packing.long_documents_are_refused,
        ],
    ),
    Variant.of(one_document_a_row, caught_by=[packing.rows_are_few]),
    Variant.of(long_documents_cut, caught_by=[packing.long_documents_are_refused]),
    Variant.of(boundary_token_counted, caught_by=[packing.first_tokens_do_not_count]),
    Variant.of(end_token_taken_for_padding, caught_by=[packing.marks_are_kept]),
    # Of `document_mask`.
    Variant.of(attention_leaks, caught_by=[packing.no_document_sees_another]),
    Variant.of(future_leaks, caught_by=[packing.no_token_sees_the_future]),
    Variant.of(blind_to_itself, caught_by=[packing.a_token_sees_its_document_so_far]),
)
