"""Training: the step, its losses and data, preference training, RLHF, and all of it sharded."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
