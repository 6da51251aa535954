"""Prompt caching on the real model: a prompt's beginning is copied, only its rest is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from whiteboard.architecture.block_hashes import chain_hashes
from whiteboard.architecture.block_tree import BlockTree
from whiteboard.architecture.kv_cache import SLOT_AXES, init_cache
from whiteboard.architecture.padded_rows import bucket, pad_rows
from whiteboard.lm.context import Cache
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.flat import flat
from whiteboard.lm.generate import check_prompts, decode_step, prefill

Names = Callable[..., list[bytes]]


@dataclass
class Started:
    """A request whose prompt has been read.

    Attributes:
        tokens: the prompt, and then its answer.
        names: of the cached blocks that it holds.
        hit_tokens: how many of the prompt's tokens were not computed.
        logits: after the last token.
        cache: keys and values of all tokens but those that are only in `logits`.
    """

    tokens: list[int]
    tenant: str
    names: list[bytes]
    hit_tokens: int
    logits: Float[Array, "1 vocab_size"]
    cache: Cache


@dataclass
class PrefixCache:
    """A pool of KV blocks that outlive their requests, found again by chained hash.

    Attributes:
        decoder: whose keys and values these are.
        blocks: places of the pool; each takes 2 L K N block_size elements.
        block_size: tokens of a block.
        slots: longest prompt with its answer; a multiple of `block_size`.
        hash_blocks: names blocks as `chain_hashes` does.

    Raises:
        ValueError: when slots are not whole blocks, or more than the model's context.
    """

    decoder: Decoder
    blocks: int
    slots: int
    block_size: int = 16
    hash_blocks: Names = chain_hashes
    tree: BlockTree = field(init=False)
    pool: Cache = field(init=False)

    def __post_init__(self) -> None:
        config = self.decoder.config
        if self.slots % self.block_size or self.slots > config.max_length:
            raise ValueError(
                f"wanted slots in whole blocks of {self.block_size}, at most {config.max_length}; "
                f"got {self.slots}"
            )
        self.tree = BlockTree(self.blocks)
        self.pool = init_cache(
            num_layers=config.num_layers,
            batch=self.blocks,
            num_kv_heads=config.num_kv_heads,
            slots=self.block_size,
            head_dim=config.head_dim,
            dtype=self.decoder.embed.embedding.dtype,
        )

    # --8<-- [start:start]
    def start(self, tokens: Sequence[int], *, tenant: str) -> Started:
        """Read a prompt: copy the blocks that are cached for this tenant, compute the rest.

        The last token is always computed, because its logits are the answer's first token.

        Args:
            tokens: ids of the prompt.
            tenant: whose blocks may be read; another tenant's are never found.

        Returns:
            The request: logits after the prompt, its cache, and the blocks that it holds.
        """
        names = self._names(tokens, tenant)[: (len(tokens) - 1) // self.block_size]
        places = self.tree.acquire(names)
        hit = len(places) * self.block_size
        table = np.zeros(self.slots // self.block_size, np.int32)
        table[: len(places)] = places
        # Slots past the hit hold whatever block 0 holds; each is written before it is read.
        cache = gather(self.pool, table)
        rest = tokens[hit:]
        padded, length = pad_rows([rest], bucket(len(rest), self.slots - hit))
        position = np.array([hit], np.int32)
        logits, cache = prefill(self.decoder, padded, length, cache, position)
        return Started(list(tokens), tenant, names[: len(places)], hit, logits, cache)

    def finish(self, request: Started) -> None:
        """Cache what the request computed, its answer too, and let go of all that it holds."""
        names = self._names(request.tokens[:-1], request.tenant)  # the last has no key yet
        new, held = self.tree.extend(names, held=len(request.names))
        for number, place in new.items():
            start = np.int32(number * self.block_size)
            self.pool = scatter(self.pool, request.cache, start, np.int32(place))
        self.tree.release(names[:held])

    # --8<-- [end:start]

    def generate(
        self, tokens: Sequence[int], *, tenant: str, max_new_tokens: int
    ) -> tuple[list[int], int]:
        """The greedy answer to a prompt, and how many of its tokens were found in the cache.

        Args:
            tokens: ids of the prompt.
            tenant: whose blocks may be read; another tenant's are never found.
            max_new_tokens: length of the answer.

        Returns:
            The answer's token ids, and the number of prompt tokens found in the cache.

        Raises:
            ValueError: for a prompt that the model, or the slots, cannot take.
        """
        check_prompts(self.decoder.config, [tokens], max_new_tokens)
        if len(tokens) + max_new_tokens > self.slots:
            raise ValueError(
                f"{len(tokens)} tokens and an answer of {max_new_tokens} need more than the "
                f"{self.slots} slots: shorten the prompt, or give PrefixCache more slots"
            )
        request, decoder = self.start(tokens, tenant=tenant), flat(self.decoder)
        for step in range(max_new_tokens):
            request.tokens.append(int(request.logits[0].argmax()))
            if step + 1 < max_new_tokens:
                last = np.array([request.tokens[-1]]), np.array([len(request.tokens) - 1])
                request.logits, request.cache = decode_step(decoder, *last, request.cache)
        self.finish(request)
        return request.tokens[len(tokens) :], request.hit_tokens

    def _names(self, tokens: Sequence[int], tenant: str) -> list[bytes]:
        return self.hash_blocks(tokens, block_size=self.block_size, tenant=tenant)


@jax.jit
def gather(pool: Cache, table: Int[Array, "blocks_of_a_prompt"]) -> Cache:
    """One request's cache out of the pool's blocks, side by side in the table's order.

    Args:
        pool: all blocks, of every layer.
        table: places of the request's blocks in the pool, in the order of its tokens.

    Returns:
        The request's cache, with as many slots as the blocks have together.
    """

    def line_up(blocks: Array, slot_axis: int) -> Array:
        chosen = jnp.moveaxis(blocks[table], 0, slot_axis - 1)  # just ahead of a block's slots
        return jax.lax.collapse(chosen, slot_axis - 1, slot_axis + 1)[None]

    return tuple(jax.tree.map(line_up, layer, SLOT_AXES) for layer in pool)


@partial(jax.jit, donate_argnames="pool")
def scatter(pool: Cache, cache: Cache, start: Int[Array, ""], place: Int[Array, ""]) -> Cache:
    """Copy one block of a request's cache, from slot `start` on, to its place in the pool.

    Args:
        pool: all blocks, of every layer.
        cache: of one request.
        start: first slot of the block in the request's cache.
        place: place of the block in the pool.

    Returns:
        The pool with the block in it.
    """

    def put(blocks: Array, slots: Array, slot_axis: int) -> Array:
        size = blocks.shape[slot_axis]
        block = jax.lax.dynamic_slice_in_dim(slots, start, size, axis=slot_axis)
        return jax.lax.dynamic_update_slice_in_dim(blocks, block, place, axis=0)

    return tuple(jax.tree.map(put, old, new, SLOT_AXES) for old, new in zip(pool, cache))
