"""FlashAttention's kernels beside cuDNN's and XLA's attention on a GPU: TFLOP/s, share of peak.

    python benchmarks/flash_attention.py            # tune, compare, time, record: some minutes
    python benchmarks/flash_attention.py --check    # the smallest case, interpreted, on any machine

Causal attention in bfloat16: head width 64 and 128, and 128 with four query heads to a KV head;
16,384 tokens a batch and a model width of 2,048, by sequences of 1,024 to 16,384 tokens. TFLOP/s
counts 4 T^2 N operations a head, half of them for causal, and 2.5 times that backward. Before a
case is timed, all implementations must agree on its outputs and gradients. XLA's attention holds
the score matrix; where the GPU's memory does not, its entry is null.
"""

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from _record import interleaved, medians, record, table
from whiteboard.architecture.flash_attention import flash_attention
from whiteboard.architecture.flash_attention_tiles import Tile
from whiteboard.architecture.flash_attention_traffic import attention_flops

ROUNDS, REPEATS = 5, 10
TIMES = (1024, 2048, 4096, 8192, 16384)
# Dense bf16 with float32 sums, TFLOP/s, from NVIDIA's data sheets; the first name that fits.
PEAKS = {
    "H100 PCIe": 756, "H100 NVL": 835, "H100": 989, "H200": 989, "GH200": 989, "A100": 312,
    "GB200": 2500, "B200": 2250, "L40S": 362, "L4": 121,
}  # fmt: skip
FORWARD = [Tile(q, k, w, s) for q, k, w, s in (
    (64, 64, 4, 2), (64, 64, 4, 3), (128, 64, 4, 2), (128, 64, 8, 3), (128, 128, 8, 3),
)]  # fmt: skip
BACKWARD = [Tile(q, k, w, s) for q, k, w, s in (
    (64, 64, 4, 1), (64, 64, 4, 2), (64, 64, 4, 3), (64, 128, 8, 2), (64, 128, 8, 3),
)]  # fmt: skip
Tiles = tuple[Tile, Tile]


@dataclass(frozen=True)
class Case:
    """One shape: `tokens` in sequences of `time`, `width // head_dim` heads."""

    head_dim: int
    group: int
    time: int
    tokens: int = 16384
    width: int = 2048

    def inputs(self) -> list[Array]:
        """Query, key, value and a cotangent."""
        batch, heads = self.tokens // self.time, self.width // self.head_dim
        shapes = [(heads,), (heads // self.group,), (heads // self.group,), (heads,)]
        return [
            jax.random.normal(key, (batch, self.time, *shape, self.head_dim), jnp.bfloat16)
            for key, shape in zip(jax.random.split(jax.random.key(0), 4), shapes, strict=True)
        ]

    def flops(self) -> float:
        sequences_and_heads = self.tokens // self.time * (self.width // self.head_dim)
        return attention_flops(time=self.time, head_dim=self.head_dim) * sequences_and_heads


def attentions(tiles: Tiles, *, on_gpu: bool) -> dict[str, Callable[..., Array]]:
    forward, backward = tiles
    library = partial(jax.nn.dot_product_attention, is_causal=True)
    flash = partial(flash_attention, forward=forward, backward=backward, interpret=not on_gpu)
    found = {"flash": flash, "xla": partial(library, implementation="xla")}
    return found | ({"cudnn": partial(library, implementation="cudnn")} if on_gpu else {})


def passes(attend: Callable[..., Array], case: Case) -> dict[str, Callable[[], Any]]:
    """The forward pass, and the backward pass alone, from what the forward pass kept."""
    *inputs, cotangent = case.inputs()
    forward = jax.jit(attend)
    _, kept = jax.jit(lambda *inputs: jax.vjp(attend, *inputs))(*inputs)
    backward = jax.jit(lambda kept, cotangent: kept(cotangent))
    return {"forward": lambda: forward(*inputs), "backward": lambda: backward(kept, cotangent)}


def expect_equal(results: dict[str, tuple[Array, ...]]) -> None:
    """Exits unless each implementation's arrays are the first one's, to bfloat16's precision."""
    first, *others = results
    for name in others:
        for a, b in zip(results[first], results[name], strict=True):
            a, b = a.astype(jnp.float32), b.astype(jnp.float32)
            worst = float(jnp.abs(a - b).max())
            if not worst <= 0.03 * float(jnp.abs(a).max()):
                raise SystemExit(f"{name} differs from {first} by {worst:.2g}: nothing is timed")


def timed(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each call, the implementations taking turns, `repeats` calls in a row."""

    def many(call: Callable[[], Any]) -> None:
        jax.block_until_ready([call() for _ in range(repeats)])

    turns = {name: partial(many, call) for name, call in calls.items()}
    return {k: s / repeats for k, s in medians(interleaved(turns, rounds=ROUNDS)).items()}


def measured(case: Case, tiles: Tiles, *, peak: float, on_gpu: bool) -> dict[str, Any]:
    """Milliseconds, TFLOP/s and share of the peak by pass and implementation."""
    calls: dict[str, dict[str, Callable[[], Any]]] = {}
    results = {}
    for name, attend in attentions(tiles, on_gpu=on_gpu).items():
        try:
            calls[name] = passes(attend, case)
            results[name] = (calls[name]["forward"](), *calls[name]["backward"]())
            jax.block_until_ready(results[name])
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            calls.pop(name, None)
    expect_equal(results)
    row: dict[str, Any] = asdict(case)
    for step, factor in {"forward": 1.0, "backward": 2.5}.items():
        seconds = timed({n: c[step] for n, c in calls.items()}, REPEATS if on_gpu else 1)
        row[step] = dict.fromkeys(attentions(tiles, on_gpu=on_gpu))
        for name, s in seconds.items():
            tflops = factor * case.flops() / s / 1e12
            row[step][name] = {
                "milliseconds": float(f"{1e3 * s:.4g}"),
                "tflops": float(f"{tflops:.4g}"),
                "share_of_peak": round(tflops / peak, 3),
            }
    return row


def tuned(head_dim: int, group: int) -> Tiles:
    """The fastest tiles at 4,096 tokens; those that the GPU cannot hold fall out."""
    case, best = Case(head_dim, group, 4096), []
    for step, tiles in {"forward": FORWARD, "backward": BACKWARD}.items():
        seconds = {}
        for tile in tiles:
            try:
                attend = partial(flash_attention, **{step: tile})
                seconds[tile] = timed({step: passes(attend, case)[step]}, REPEATS)[step]
            except (jax.errors.JaxRuntimeError, ValueError) as error:
                print(f"{step}, {tile}: {str(error).splitlines()[0]}")
        best.append(min(seconds, key=seconds.__getitem__))
    return best[0], best[1]


def peak_tflops(device_kind: str) -> float:
    for name, peak in PEAKS.items():
        if name in device_kind:
            return peak
    raise SystemExit(f"no peak is known for {device_kind}: add its dense bf16 TFLOP/s to PEAKS")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="one small case, interpreted")
    if parser.parse_args().check:
        case = Case(head_dim=16, group=2, time=64, tokens=128, width=64)
        print(measured(case, (Tile(32, 16), Tile(16, 32)), peak=1.0, on_gpu=False))
        return
    device = jax.devices()[0]
    if device.platform != "gpu":
        raise SystemExit(f"wanted a GPU, found {device.device_kind}; --check runs anywhere")
    peak, rows = peak_tflops(device.device_kind), []
    for head_dim, group in ((64, 1), (128, 1), (128, 4)):
        tiles = tuned(head_dim, group)
        for time in TIMES:
            row = measured(Case(head_dim, group, time), tiles, peak=peak, on_gpu=True)
            rows.append(row | {"tiles": [asdict(tile) for tile in tiles]})
            for step in ("forward", "backward"):
                found = {name: r or {} for name, r in row[step].items()}
                print(f"\n{step}: head width {head_dim}, {group} to a KV head, {time} tokens")
                table(found)
    about = {"device": device.device_kind, "peak_tflops": peak, "dtype": "bfloat16", "rows": rows}
    print(record("flash_attention", about, packages=("jax", "jaxlib")))


if __name__ == "__main__":
    main()
