"""A sparse layer over eight devices: one device's answer, and the bytes of its two all-to-alls."""

from inspect import getsource

import jax

from whiteboard.training.emulation import emulated


def on_eight_devices() -> None:
    """Whole by itself, so that its text is a program."""
    import jax
    from jax.sharding import AxisType, NamedSharding, PartitionSpec

    from whiteboard.architecture.expert_parallelism import all_to_all_bytes, expert_parallel
    from whiteboard.architecture.mixture_of_experts import ExpertWeights, dropless_experts
    from whiteboard.architecture.router import route

    tokens, hidden, experts, width, top_k = 512, 64, 16, 32, 2
    mesh = jax.make_mesh((8,), ("expert",), axis_types=(AxisType.Auto,))
    keys = jax.random.split(jax.random.key(0), 5)
    shapes = (experts, hidden, width), (experts, hidden, width), (experts, width, hidden)
    weights = ExpertWeights(*(jax.random.normal(k, s) for k, s in zip(keys, shapes)))
    x = jax.random.normal(keys[3], (tokens, hidden)) / hidden**0.5
    router = jax.random.normal(keys[4], (hidden, experts))
    alone = dropless_experts(x, route(x @ router, top_k=top_k), weights)

    split = NamedSharding(mesh, PartitionSpec("expert"))
    x, weights = jax.device_put((x, weights), split)
    print("devices:", jax.device_count(), "- experts on each:", experts // 8)
    for capacity in (tokens // 8, 12):  # of one device's 64 tokens for one expert
        layer = jax.jit(expert_parallel(mesh, top_k=top_k, capacity=capacity))
        same = abs(layer(x, router, weights) - alone).max(axis=1) < 1e-4
        found = all_to_all_bytes(layer.lower(x, router, weights).compile().as_text())
        print(f"capacity {capacity}: {same.mean():.0%} of the tokens as on one device")
        print(f"  all-to-alls: {found} bytes; E C D 4 = {experts * capacity * hidden * 4}")


if jax.device_count() >= 8:
    on_eight_devices()
else:  # in a process to which the processor looks like eight devices
    print(emulated(8, "-c", f"{getsource(on_eight_devices)}\non_eight_devices()"), end="")
