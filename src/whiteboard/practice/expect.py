"""How a check states what must hold, with a counter-example that fits on a line."""

from __future__ import annotations

from typing import Any

import numpy as np

from whiteboard.practice.core import Refused


def expect(condition: Any, message: str) -> None:
    """Refuses the candidate with ``message`` unless the condition holds."""
    if not bool(condition):
        raise Refused(message)


def expect_close(
    got: Any, want: Any, given: str, *, atol: float = 1e-4, rtol: float = 1e-4
) -> None:
    """Refuses unless two arrays agree in shape and value; the message shows the worst element.

    Args:
      got: what the candidate returned.
      want: what is right, from an oracle.
      given: the inputs in a few words, for the message: "causal mask, 4 tokens".
      atol: absolute tolerance.
      rtol: relative tolerance.
    """
    if not hasattr(got, "shape") or not hasattr(got, "dtype"):
        raise Refused(f"{given}: wanted an array, got {type(got).__name__}")
    if tuple(got.shape) != np.shape(want):
        raise Refused(f"{given}: wanted shape {np.shape(want)}, got {tuple(got.shape)}")
    a, b = np.asarray(got, np.float64), np.asarray(want, np.float64)
    with np.errstate(invalid="ignore"):
        excess = np.where(np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True), -1, np.abs(a - b))
    if (excess == -1).all():
        return
    worst = np.unravel_index(np.argmax(np.nan_to_num(excess, nan=np.inf)), a.shape)
    at = f" at [{','.join(map(str, worst))}]" if worst else ""
    raise Refused(f"{given}: wanted {b[worst]:.3g}, got {a[worst]:.3g}{at}")
