"""How good, and how sure: intervals, ranking metrics, agreement, judges, sample sizes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
