"""Errors and helpers of graphs."""

from typing import Any

from pytensor.graph import utils
from pytensor.graph.utils import MissingInputError
from pytensor.utils import flatten, hash_from_code

__all__ = ["MissingInputError", "flatten", "hash_from_code"]


def __getattr__(name: str) -> Any:
    return getattr(utils, name)
