from .prefix_cache import PrefixCache as PrefixCache
from .reader import Reader as Reader
