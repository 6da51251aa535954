"""A decoder whose rotary frequencies are scaled for texts longer than those of training."""

from __future__ import annotations

import dataclasses

from flax import nnx

from whiteboard.architecture.rope_scaling import RopeScaling
from whiteboard.lm.decoder import Decoder


def with_rope_scaling(decoder: Decoder, scaling: RopeScaling | None) -> Decoder:
    """The same weights, not copied, under other rotary frequencies.

    A cache written by the old decoder is of no use to the new one: its keys are already turned.

    Args:
        decoder: read only.
        scaling: method and factor; None for the frequencies of training.

    Returns:
        A decoder that shares its arrays with the old one.
    """
    changed = nnx.clone(decoder, variables=False)
    changed.config = dataclasses.replace(decoder.config, rope_scaling=scaling)
    return changed
