"""Citation recall and precision by ALCE's own program, on the random answers stored beside this.

Its source is no package: the two files are read at a fixed commit and checked by hash. `ALCE` names
another address of that commit's root (`ALCE=file:///home/me/ALCE`) where GitHub cannot be reached.
Two functions of the program are run as they stand. Only its judge, a language model of 11 billion
weights, is the one of our test: a text says its letters, and entails what needs no others.
"""

import ast
import copy
import hashlib
import json
import logging
import os
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from urllib.request import urlopen

import _stored
import numpy as np

COMMIT = "246c476a4edfc564266b7346b6e29ef4861ae937"
ADDRESS = os.environ.get("ALCE", f"https://raw.githubusercontent.com/princeton-nlp/ALCE/{COMMIT}")
FILES = {
    "utils.py": "92e6900b5350f7da4dc179f3d9f498f73d976377a412e8c244db8339ad7976b9",
    "eval.py": "e0f63bf865cacc64d7390fc62669c82b2653b1628f40051de0efdf5518064091",
}


def source(name: str) -> str:
    with urlopen(f"{ADDRESS}/{name}", timeout=30) as answer:
        content = answer.read()
    if (got := hashlib.sha256(content).hexdigest()) != FILES[name]:
        raise SystemExit(f"{ADDRESS}/{name}: wanted the file of {COMMIT}, got sha256 {got}")
    return content.decode("utf8")


def entails(passage: str, claim: str) -> int:
    said = [line for line in passage.split("\n") if not line.startswith("Title:")]
    return int(set(claim) <= set("".join(said)))


def program() -> dict:
    """ALCE's `compute_autoais` in a namespace with what it calls; a line is a sentence."""
    namespace = {
        "autoais_model": "the judge below",
        "copy": copy,
        "logger": logging.getLogger("alce"),
        "np": np,
        "re": re,
        "sent_tokenize": str.splitlines,
        "tqdm": lambda rows: rows,
        "_run_nli_autoais": entails,
    }
    for name in FILES:
        tree = ast.parse(source(name))
        tree.body = [
            node
            for node in tree.body
            if getattr(node, "name", "") in ("remove_citations", "compute_autoais")
        ]
        exec(compile(tree, name, "exec"), namespace)
    return namespace


def main() -> None:
    check, path = _stored.wants_check(), Path(__file__).with_suffix(".json")
    stored, alce = json.loads(path.read_text()), program()
    for number, case in enumerate(stored["cases"]):
        lines = [text + "".join(f" [{n + 1}]" for n in cites) for text, cites in case["answer"]]
        docs = [{"title": "", "text": text} for text in case["passages"]]
        item = {"question": "", "output": "\n".join(lines), "docs": docs}
        with redirect_stdout(StringIO()):
            scores = alce["compute_autoais"]([item])
        got = {
            "recall": round(float(scores["citation_rec"]) / 100, 6),
            "precision": round(float(scores["citation_prec"]) / 100, 6),
        }
        was = {name: case[name] for name in got}
        if check and got != was:
            raise SystemExit(f"{path.name}: case {number} was {was}, is {got}")
        case.update(got)
    if not check:
        path.write_text(json.dumps(stored) + "\n")
    print(f"{path.name}: {len(stored['cases'])} cases {'as stored' if check else 'written'}")


if __name__ == "__main__":
    main()
