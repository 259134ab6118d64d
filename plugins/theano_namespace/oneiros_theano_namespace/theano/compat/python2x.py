"""Features of newer versions of Python 2."""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from functools import partial

__all__ = ["Callable", "Counter", "OrderedDict", "defaultdict", "partial"]
