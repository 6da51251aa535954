"""From a name or a file to a model that answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx, traverse_util
from jax.typing import DTypeLike
from jaxtyping import Float

from whiteboard.lm import weights
from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.progress import progress
from whiteboard.lm.tokenizer import ByteTokenizer, Tokenizer

# GGUF's names of a layer's tensors, and where they go. The norms' vectors are copied as they are;
# matrices are stored [out, in] and our kernels are [in, out].
LAYER_TENSORS = {
    "attn_norm": ("attention_norm", "scale"),
    "attn_q": ("attention", "q_proj", "kernel"),
    "attn_k": ("attention", "k_proj", "kernel"),
    "attn_v": ("attention", "v_proj", "kernel"),
    "attn_output": ("attention", "o_proj", "kernel"),
    "ffn_norm": ("feed_forward_norm", "scale"),
    "ffn_gate": ("feed_forward", "gate_proj", "kernel"),
    "ffn_up": ("feed_forward", "up_proj", "kernel"),
    "ffn_down": ("feed_forward", "down_proj", "kernel"),
}
MODEL_TENSORS = {
    "token_embd": ("embed", "embedding"),
    "output_norm": ("norm", "scale"),
    "output": ("head", "kernel"),
}

MAX_NUMBER = 10_000_000  # of any field of a file: far above every real shape


def config_of(metadata: Mapping[str, Any], tied: bool) -> DecoderConfig:
    """The shape that a GGUF file of a Llama-style model states.

    Args:
        metadata: fields of the file, by name.
        tied: whether the output matrix is the embedding table.

    Returns:
        The decoder's configuration.

    Raises:
        ValueError: another architecture, or a field that is missing or out of range.
    """
    if metadata.get("general.architecture") != "llama":
        raise ValueError(
            f"wanted a file of architecture 'llama', got {metadata.get('general.architecture')!r}"
        )

    def number(name: str, default: int | float | None = None, kind: type[Any] = int) -> Any:
        value: Any = metadata.get(f"llama.{name}", default)
        if value is None:
            raise ValueError(f"the file has no llama.{name}")
        if not isinstance(value, kind) or not 0 < value <= MAX_NUMBER:
            raise ValueError(f"llama.{name} is {value!r}, wanted a number up to {MAX_NUMBER:,}")
        return value

    heads, hidden_size = number("attention.head_count"), number("embedding_length")
    return DecoderConfig(
        vocab_size=len(metadata["tokenizer.ggml.tokens"]),
        hidden_size=hidden_size,
        intermediate_size=number("feed_forward_length"),
        num_layers=number("block_count"),
        num_heads=heads,
        num_kv_heads=number("attention.head_count_kv", heads),
        head_dim=number("attention.key_length", hidden_size // heads),
        rope_theta=float(number("rope.freq_base", 10_000.0, float)),
        # The file holds a float32; these are its six decimal digits.
        norm_eps=float(f"{number('attention.layer_norm_rms_epsilon', kind=float):.6g}"),
        max_length=number("context_length"),
        tie_embeddings=tied,
    )


def deinterleave(
    weight: Float[np.ndarray, "rows hidden_size"], num_heads: int
) -> Float[np.ndarray, "rows hidden_size"]:
    """Undo llama.cpp's order of query and key rows, [num_heads * head_dim, hidden_size].

    GGUF pairs neighbouring rows for its RoPE, (0, 1), (2, 3), ...; the half-split RoPE wants the
    first of all pairs, then the second. Left out, nothing crashes and every answer is wrong.

    Args:
        weight: rows of a query or key projection, as llama.cpp stores them.
        num_heads: heads whose rows lie one after the other.

    Returns:
        The same rows in half-split order.
    """
    rows, columns = weight.shape
    pairs = weight.reshape(num_heads, rows // num_heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)


def fill(
    config: DecoderConfig, tensors: Mapping[str, np.ndarray], dtype: DTypeLike = jnp.float32
) -> Decoder:
    """A decoder with the given GGUF tensors as weights; no random ones are drawn first.

    Args:
        config: shape of the decoder.
        tensors: weights by GGUF name.
        dtype: of the decoder's weights.

    Returns:
        The decoder; its arrays are copies of the tensors.

    Raises:
        ValueError: when a tensor is missing, is one too many, or has another shape.
    """
    blocks = {name.split(".")[1] for name in tensors if name.startswith("blk.")}
    if len(blocks) != config.num_layers:  # before so many layers are built
        raise ValueError(f"wanted tensors of {config.num_layers} layers, got {len(blocks)}")
    graph, state = nnx.split(nnx.eval_shape(lambda: Decoder(config, rngs=nnx.Rngs(0), dtype=dtype)))
    wanted = {path: leaf.shape for path, leaf in nnx.to_flat_state(state)}
    arrays = {}
    for name, weight in tensors.items():
        path = place_of(name)
        if path not in wanted:
            raise ValueError(f"no place for the tensor {name!r} in this decoder")
        is_kernel = path[-1] == "kernel"
        shape = wanted.pop(path)[:: -1 if is_kernel else 1]
        if weight.shape != shape:
            raise ValueError(f"{name}: wanted shape {shape}, got {weight.shape}")
        if path[-2] in ("q_proj", "k_proj"):
            weight = deinterleave(weight, shape[0] // config.head_dim)
        arrays[path] = jnp.array(weight.T if is_kernel else weight, dtype)
    if wanted:
        raise ValueError(f"the file has no tensors for {sorted(map(str, wanted))}")
    nnx.replace_by_pure_dict(state, traverse_util.unflatten_dict(arrays))
    return nnx.merge(graph, state)


def place_of(name: str) -> tuple[str | int, ...]:
    """Where in a decoder the GGUF tensor `name` goes; empty when nowhere."""
    match name.split("."):
        case [part, "weight"] if part in MODEL_TENSORS:
            return MODEL_TENSORS[part]
        case ["blk", block, part, "weight"] if part in LAYER_TENSORS and block.isdecimal():
            return ("layers", int(block), *LAYER_TENSORS[part])
    return ()


def load(
    name: str = "smollm2-135m",
    *,
    path: str | Path | None = None,
    seed: int = 0,
    dtype: DTypeLike = jnp.float32,
) -> LanguageModel:
    """A model ready to answer.

    Compiled programs are kept for the next run: see `keep_compiled_programs`.

    Args:
        name: "smollm2-135m", with real weights (4-bit ones, dequantised), or "tiny", a random model
            over bytes.
        path: a GGUF file to read instead of the installed one.
        seed: of the weights of "tiny".
        dtype: of weights and cache.

    Returns:
        Decoder and tokenizer together.

    Raises:
        ValueError: an unknown name, or a file that does not hold such a model.
        WeightsNotFoundError: no file; the message says what to install.
    """
    keep_compiled_programs()
    if name == "tiny":
        decoder = Decoder(DecoderConfig.tiny(), rngs=nnx.Rngs(seed), dtype=dtype)
        return LanguageModel(decoder, ByteTokenizer())
    if name != "smollm2-135m":
        raise ValueError(f"wanted 'smollm2-135m' or 'tiny', got {name!r}")
    with progress("Reading the weights of SmolLM2-135M"):
        tensors, metadata = weights.load_smollm2(path)
        config = config_of(metadata, tied="output.weight" not in tensors)
        return LanguageModel(fill(config, tensors, dtype), Tokenizer.from_gguf(metadata))


def keep_compiled_programs() -> None:
    """Have JAX keep compiled programs on disk, in the user's cache directory.

    A directory that is already set, by `jax.config` or JAX_COMPILATION_CACHE_DIR, stays.
    """
    if jax.config.values["jax_compilation_cache_dir"] is None:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        jax.config.update("jax_compilation_cache_dir", str(Path(home, "llm-whiteboard", "jax")))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
