"""The language model that all pages share: `model = lm.load("smollm2-135m")`."""

from whiteboard.lm.config import DecoderConfig
from whiteboard.lm.decoder import Decoder
from whiteboard.lm.loading import load
from whiteboard.lm.model import LanguageModel
from whiteboard.lm.sampling import Sampling

__all__ = ["Decoder", "DecoderConfig", "LanguageModel", "Sampling", "load"]
