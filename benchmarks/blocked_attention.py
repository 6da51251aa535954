"""Attention with its score matrix, and in blocks: temporary memory and time on a processor.

    python benchmarks/blocked_attention.py

About a minute on two idle cores. One sequence, 8 heads of 64, causal, float32. Memory is what the
compiled program says it needs beside its inputs and outputs, so it is exact. Blocks above the
diagonal are computed by all three forms.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array

from _record import interleaved, medians, record, table
from whiteboard.architecture.attention import causal_mask, dot_product_attention
from whiteboard.architecture.blocked_attention import blocked_attention, scanned_attention

HEADS, WIDTH, ROUNDS = 8, 64, 3
TIMED, COMPILED = (512, 1024, 2048, 4096), (512, 1024, 2048, 4096, 8192)


def standard(query: Array, key: Array, value: Array) -> Array:
    mask = causal_mask(query.shape[1])
    return dot_product_attention(query, key, value, mask=mask)


FORMS: dict[str, Callable[..., Array]] = {
    "whole matrix": standard,
    "blocks, autodiff": scanned_attention,
    "blocks, own backward": blocked_attention,
}


def gradient(attend: Callable[..., Array]) -> Callable[..., tuple[Array, Array, Array]]:
    return jax.grad(lambda *inputs: attend(*inputs).sum(), (0, 1, 2))


def megabytes(attend: Callable[..., Array], time: int) -> float:
    """Temporary memory of the compiled gradient."""
    shape = jax.ShapeDtypeStruct((1, time, HEADS, WIDTH), jnp.float32)
    memory = jax.jit(gradient(attend)).lower(shape, shape, shape).compile().memory_analysis()
    return round(memory.temp_size_in_bytes / 1e6, 1)


def milliseconds(time: int) -> dict[str, dict[str, float]]:
    """Medians of the forward pass and of the gradient, the forms taking turns."""
    keys = jax.random.split(jax.random.key(0), 3)
    inputs = [jax.random.normal(key, (1, time, HEADS, WIDTH)) for key in keys]

    def call(function: Callable[..., object]) -> Callable[[], object]:
        compiled = jax.jit(function)
        return lambda: jax.block_until_ready(compiled(*inputs))

    found = {}
    for name, of in {"forward": lambda attend: attend, "gradient": gradient}.items():
        times = interleaved({form: call(of(f)) for form, f in FORMS.items()}, rounds=ROUNDS)
        found[f"{name}_milliseconds"] = {k: round(1e3 * s, 1) for k, s in medians(times).items()}
    return found


def main() -> None:
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for time in COMPILED:
        memory = {name: megabytes(attend, time) for name, attend in FORMS.items()}
        rows[str(time)] = {"gradient_megabytes": memory}
        if time in TIMED:
            rows[str(time)] |= milliseconds(time)
        print(time, rows[str(time)], flush=True)
    table({time: row["gradient_megabytes"] for time, row in rows.items()})
    print(record("blocked_attention", rows, packages=("jax", "jaxlib")))


if __name__ == "__main__":
    main()
