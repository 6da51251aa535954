"""Changing what a model does: adapters and fine-tuning."""
