"""Two sentences that may come next: which one is taken depends on the weights of the critique."""

import jax.numpy as jnp

from whiteboard.retrieval.reflection import Segment, Weights, segment_beam

FLUENT = Segment(
    "fluent",
    -0.1,
    relevant=jnp.array([0.6, 0.4]),
    supported=jnp.array([0.1, 0.3, 0.6]),
    useful=jnp.array([0.0, 0.1, 0.2, 0.3, 0.4]),
)
FAITHFUL = Segment(
    "faithful",
    -1.2,
    relevant=jnp.array([0.7, 0.3]),
    supported=jnp.array([0.7, 0.2, 0.1]),
    useful=jnp.array([0.0, 0.2, 0.4, 0.3, 0.1]),
)


def chosen(supported: float) -> str:
    """The sentence that a beam takes when support has this weight."""
    weights = Weights(supported=supported)
    return segment_beam(lambda answer: [FLUENT, FAITHFUL], weights, depth=1)[0].text


if __name__ == "__main__":
    for weight in (0.0, 0.5, 1.0, 2.0):
        print(f"weight of support {weight}: {chosen(weight)}")
