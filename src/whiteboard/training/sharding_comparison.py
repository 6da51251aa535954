"""Six layouts of one training step beside one device: gradients, bytes, collectives.

`python -m whiteboard.training.sharding_comparison` prints a JSON object a layout; it wants 8
devices.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import NamedSharding, PartitionSpec

from whiteboard.architecture import sharding
from whiteboard.architecture.collectives import collectives, totals
from whiteboard.lm.config import DecoderConfig
from whiteboard.training.placed_decoder import StepConfig
from whiteboard.training.sharded_step import Batch, make_step

DECODER = DecoderConfig.tiny(
    num_layers=1, num_heads=8, num_kv_heads=8, head_dim=8, tie_embeddings=False
)
"""As many heads as devices, so that tensor parallelism gives each a whole one."""

BATCH, TIME, NUM_EXPERTS = 16, 32, 8

# --8<-- [start:layouts]
LAYOUTS: dict[str, tuple[dict[str, int], int]] = {
    "data parallel": ({"data": 8}, 0),
    "FSDP": ({"fsdp": 8}, 0),
    "tensor parallel": ({"tensor": 8}, 0),
    "mix of three": ({"data": 2, "fsdp": 2, "tensor": 2}, 0),
    "expert parallel": ({"expert": 8}, NUM_EXPERTS),
    "FSDP and experts": ({"fsdp": 2, "expert": 4}, NUM_EXPERTS),
}
"""Name -> the mesh, and the experts of each feed-forward layer (0: dense)."""


def compare(names: Iterable[str] = LAYOUTS) -> Iterator[dict[str, Any]]:
    """Each layout's gradient beside one device's, its bytes, and its compiled collectives.

    The rows' masks are unequal, so a mean over devices of each device's mean would be seen.
    """
    tokens = jax.random.randint(jax.random.key(1), (BATCH, TIME), 0, DECODER.vocab_size)
    batch = Batch(tokens, jnp.arange(TIME) < 1 + jnp.arange(1, BATCH + 1)[:, None])
    optimizer = optax.adamw(1e-3)
    alone = {}
    for name in names:
        sizes, experts = LAYOUTS[name]
        config = StepConfig(DECODER, num_experts=experts)
        if experts not in alone:
            one = make_step(config, None, optimizer)
            weights, moments = one.state(0)
            alone[experts] = weights, moments, one.gradient(weights, batch)
        *state, (loss, wanted) = alone[experts]
        mesh = sharding.make_mesh(**sizes)
        weights, moments = jax.device_put(state, sharding.shardings(state, mesh))
        rows = NamedSharding(mesh, PartitionSpec(sharding.BATCH_AXES))
        ready = make_step(config, mesh, optimizer)
        compiled = ready.gradient.lower(weights, jax.device_put(batch, rows)).compile()
        got_loss, gradient = compiled(weights, jax.device_put(batch, rows))
        found = collectives(compiled.as_text() or "")
        yield {
            "layout": name,
            "loss_error": abs(float(got_loss - loss)),
            "gradient_error": worst(wanted, gradient),
            "gradient_bytes": sharding.measured_bytes(gradient),
            "weight_bytes": sharding.measured_bytes(weights),
            "weight_formula": sharding.bytes_per_device(weights, mesh.shape),
            "moment_bytes": sharding.measured_bytes(moments),
            "moment_formula": sharding.bytes_per_device(moments, mesh.shape),
            "collectives": totals(found),
            "sent": round(sum(each.sent for each in found)),
        }


# --8<-- [end:layouts]


def worst(wanted: Any, got: Any) -> float:
    """The largest difference of any array, as a share of that array's largest entry.

    Args:
        wanted: tree of arrays, the reference.
        got: tree of arrays of the same structure.

    Returns:
        A relative difference, 0 when equal.
    """
    pairs = zip(jax.tree.leaves(wanted), jax.tree.leaves(got))
    arrays = ((np.asarray(w), np.asarray(g)) for w, g in pairs)  # NumPy compiles nothing
    return max(float(np.abs(w - g).max() / np.abs(w).max()) for w, g in arrays)


if __name__ == "__main__":
    for row in compare():
        print(json.dumps(row))
