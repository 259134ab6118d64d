"""Features of newer versions of Python 2."""

from collections import Counter, OrderedDict

__all__ = ["Counter", "OrderedDict"]
