"""Learning 4,000 merges from 1 MB of text: the project's trainer beside the library `tokenizers`.

    python benchmarks/bpe.py

The text is the documentation topics and the sources of this Python's standard library. Each turn
starts from the text, so both cut it into words too. Under a minute.
"""

import hashlib
import json
import sysconfig
import time
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from _record import interleaved, medians, record, table
from whiteboard.architecture.bpe_trainer import count_words, train_bpe
from whiteboard.architecture.byte_pair_encoding import piece_bytes
from whiteboard.data import python_topics

SIZE, MERGES = 1_000_000, 4_000


def corpus() -> str:
    """The first `SIZE` bytes of the topics and the standard library's modules."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    texts = [*python_topics().values(), *(path.read_text("utf8") for path in paths)]
    return "\n".join(texts).encode()[:SIZE].decode(errors="ignore")


def reference(text: str) -> Tokenizer:
    """A tokenizer trained by the library, with SmolLM2's way of cutting words."""
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=256 + MERGES, initial_alphabet=alphabet, show_progress=False
    )
    engine.train_from_iterator([text], trainer)
    return engine


def main() -> None:
    text = corpus()
    ours = train_bpe(count_words([text]), MERGES)
    merges = json.loads(reference(text).to_str())["model"]["merges"]
    theirs = [(piece_bytes(a), piece_bytes(b)) for a, b in merges]
    learn = {
        "ours": lambda: train_bpe(count_words([text]), MERGES),
        "tokenizers": lambda: reference(text),
    }
    wall = interleaved(learn, rounds=9)
    start = [time.process_time()]
    for train in learn.values():
        train()
        start.append(time.process_time())
    seconds = medians(wall)
    results = {
        "bytes": len(text.encode()),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "merges": len(ours),
        "equal_merges": sum(a == b for a, b in zip(ours, theirs)),
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "all_seconds": {name: [round(t, 3) for t in values] for name, values in wall.items()},
        "processor_seconds": {name: round(b - a, 3) for name, a, b in zip(learn, start, start[1:])},
        "ratio": round(seconds["ours"] / seconds["tokenizers"], 2),
    }
    table({name: {"seconds": results["seconds"][name]} for name in learn})
    print(f"{results['ratio']} times the library's; {results['equal_merges']} merges equal")
    print(record("bpe", results, packages=("tokenizers",)))


if __name__ == "__main__":
    main()
