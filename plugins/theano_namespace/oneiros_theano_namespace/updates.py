"""Updates of shared variables, by variable."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any


class OrderedUpdates(OrderedDict[Any, Any]):
    """A dict of shared variables and their new values, which `+` joins with another."""

    def __add__(self, other) -> OrderedUpdates:
        return OrderedUpdates([*self.items(), *OrderedUpdates(other).items()])

    def __radd__(self, other) -> OrderedUpdates:
        return OrderedUpdates(other) + self
