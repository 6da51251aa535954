"""The model itself: attention, positions, experts, tokenizers, losses, as pure functions."""
