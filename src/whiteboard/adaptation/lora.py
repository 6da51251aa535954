"""LoRA: a trained product of two thin matrices beside each frozen one."""

from __future__ import annotations

from collections.abc import Iterator

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float


# --8<-- [start:lora_linear]
class LoRALinear(nnx.Module):
    """A frozen linear layer plus a low-rank update: `y = base(x) + (alpha / rank) x A B`.

    Args:
        base: the layer, with a kernel W of [features_in, features_out].
        rank: r, the inner width of the update.
        alpha: the update's scale is alpha / r, so that a new rank keeps the learning rate.
        rngs: seeds A; B starts at zero, so the first output is the base's.

    Source: Hu et al., arXiv 2106.09685, section 4.1, where h = W x + (alpha / r) B A x: the
        factors there have the other names and the transposed order.
    """

    def __init__(self, base: nnx.Linear, *, rank: int, alpha: float, rngs: nnx.Rngs) -> None:
        if rank < 1:
            raise ValueError(f"rank must be 1 or more, got {rank}")
        features_in, features_out = base.kernel.shape
        dtype = base.kernel.dtype
        init = nnx.initializers.he_uniform()
        self.base = base
        self.a = nnx.LoRAParam(init(rngs.params(), (features_in, rank), dtype))
        self.b = nnx.LoRAParam(jnp.zeros((rank, features_out), dtype))
        self.scale = alpha / rank

    def __call__(
        self, x: Float[Array, "*batch features_in"]
    ) -> Float[Array, "*batch features_out"]:
        """The base layer's output plus the scaled update's."""
        return self.base(x) + self.scale * ((x @ self.a[...]) @ self.b[...])

    def merged(self) -> nnx.Linear:
        """The base layer with the update added to its kernel; the adapter is used up."""
        self.base.kernel[...] += self.scale * (self.a[...] @ self.b[...])
        return self.base


# --8<-- [end:lora_linear]


def add_lora(
    model: nnx.Module,
    *,
    rank: int,
    alpha: float,
    targets: tuple[str, ...] = ("q_proj", "v_proj"),
    rngs: nnx.Rngs,
) -> None:
    """Wrap every linear layer whose attribute name is in `targets`, in place.

    Args:
        model: changed in place; its other layers stay as they are.
        rank: r, the inner width of each update.
        alpha: the update's scale is alpha / r.
        targets: attribute names of the layers to wrap.
        rngs: random numbers for the A factors.

    Raises:
        ValueError: no layer has such a name.
    """
    found = [(owner, name) for owner, name in _linears(model, nnx.Linear) if name in targets]
    if not found:
        raise ValueError(f"no linear layer is named {' or '.join(targets)} in this model")
    for owner, name in found:
        setattr(owner, name, LoRALinear(getattr(owner, name), rank=rank, alpha=alpha, rngs=rngs))


def merge_lora(model: nnx.Module) -> None:
    """Add every adapter to its base layer and remove it, in place: no cost is left at inference."""
    for owner, name in list(_linears(model, LoRALinear)):
        setattr(owner, name, getattr(owner, name).merged())


def _linears(model: nnx.Module, kind: type[nnx.Module]) -> Iterator[tuple[nnx.Module, str]]:
    for _, module in list(nnx.iter_modules(model)):
        if isinstance(module, LoRALinear):
            continue
        for name, child in vars(module).items():
            if isinstance(child, kind):
                yield module, name
