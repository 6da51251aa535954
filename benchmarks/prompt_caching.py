"""Time to the first token of a 1,024-token prompt, by how many of its tokens are cached.

    python benchmarks/prompt_caching.py

About a minute on two idle cores. Each prompt begins like one that the pool holds and ends in its
own way. The time runs from the tokens to the first token of the answer, look-up and copy included.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from _record import interleaved, medians, record, table
from whiteboard import lm
from whiteboard.data import python_topics
from whiteboard.decoding.prefix_cache import PrefixCache
from whiteboard.lm.generate import empty_cache, prefill

LENGTH, SHARED, ROUNDS = 1024, (0, 256, 512, 768, 960), 5


def main() -> None:
    model = lm.load("smollm2-135m")
    text = model.tokenizer.encode(python_topics()["specialnames"])
    cache = PrefixCache(model.decoder, blocks=LENGTH // 16, slots=LENGTH)
    cache.generate(text[: LENGTH - 1], tenant="a", max_new_tokens=1)
    prompts = {n: text[:n] + text[2 * LENGTH : 3 * LENGTH - n] for n in SHARED}
    hits, firsts = {}, {}

    def cached(shared: int) -> Callable[[], None]:
        def run() -> None:
            request = cache.start(prompts[shared], tenant="a")
            firsts[shared] = int(request.logits[0].argmax())
            hits[shared] = request.hit_tokens
            cache.tree.release(request.names)

        return run

    def plain(shared: int) -> int:
        """The first token by the program that knows no prefixes."""
        tokens = np.array([prompts[shared]], np.int32)
        empty = empty_cache(model.decoder, batch=1, slots=LENGTH)
        logits, _ = prefill(model.decoder, tokens, jnp.array([LENGTH]), empty)
        return int(jax.block_until_ready(logits)[0].argmax())

    functions = {str(shared): cached(shared) for shared in SHARED}
    found = medians(interleaved(functions | {"plain": lambda: plain(0)}, rounds=ROUNDS))
    rows = {
        str(shared): {
            "hit_tokens": hits[shared],
            "milliseconds": round(1e3 * found[str(shared)]),
            "times_faster": round(found["plain"] / found[str(shared)], 1),
            "same_first_token": firsts[shared] == plain(shared),
        }
        for shared in SHARED
    }
    table(rows)
    print(f"without a prefix cache: {1e3 * found['plain']:.0f} ms")
    results = {"plain_milliseconds": round(1e3 * found["plain"]), "by_shared_tokens": rows}
    print(record("prompt_caching", results, packages=("jax", "flax")))


if __name__ == "__main__":
    main()
