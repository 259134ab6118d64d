"""Updates of shared variables, by variable."""

from collections import OrderedDict
from typing import Any


class OrderedUpdates(OrderedDict[Any, Any]):
    """A dict of shared variables and their new values, which `+` joins with another."""

    def __add__(self, other):
        return OrderedUpdates([*self.items(), *OrderedUpdates(other).items()])

    def __radd__(self, other):
        return OrderedUpdates(other) + self
