"""The sentence encoder that all pages share: all-MiniLM-L6-v2 in Flax NNX."""

from whiteboard.encoder.cache import encode_corpus
from whiteboard.encoder.config import EncoderConfig
from whiteboard.encoder.model import TextEncoder, mean_pool, normalize
from whiteboard.encoder.sentence import SentenceEncoder, load

__all__ = [
    "EncoderConfig",
    "SentenceEncoder",
    "TextEncoder",
    "encode_corpus",
    "load",
    "mean_pool",
    "normalize",
]
