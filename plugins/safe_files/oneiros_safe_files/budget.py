"""Limits for reading a file, and for building the model that it describes."""

import math
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from oneiros import load_context
from oneiros.arguments import refusal
from oneiros.errors import ArgumentError
from oneiros.load_context import MAX_PARAMETERS, BuildLimits


@dataclass(frozen=True)
class Budget:
    """The limits for reading a file, for all its parts together.

    To raise them, pass `load_model(path, budget=Budget(...))`.

    # Properties
        array_bytes: int, memory for arrays, and for the weights of a model that a text
            describes; without limit by default.
        excess_bytes: int, how many bytes the arrays may exceed the file's own size, as
            compressed arrays do.
        text_bytes: int, bytes of names, configurations and other attributes; each may
            take twelve in memory, since texts with rare characters take four.
        steps: int, number of groups, arrays, stored blocks, names and other parts of
            structures. A step takes about four microseconds; a model of 500 Dense
            layers with Adam's state needs 50,000.
        layers: int, number of layers in a configuration, and of names in the arguments
            of `compile`. A layer counts as often as it is called.
        seconds: float, the processor's time for reading, building and compiling a
            model, once its engine runs; without limit by default. The clock is looked
            at every 64 steps of reading, and at each layer, weight and call.

    # Raises
        ArgumentError: if one of them isn't a number of at least 0.
    """

    array_bytes: float = math.inf
    excess_bytes: int = 64 << 20
    text_bytes: int = 7_500_000
    steps: int = 500_000
    layers: int = 2_000
    seconds: float = math.inf

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not _is_limit(value):
                expected = "a number of at least 0, such as 1000"
                raise refusal("Budget", field.name, value, expected)
            if isinstance(value, np.generic):  # whose sums could overflow
                object.__setattr__(self, field.name, value.item())


def _is_limit(value: Any) -> bool:
    is_number = isinstance(value, (int, float, np.integer, np.floating))
    return is_number and not isinstance(value, bool) and bool(value >= 0)


UNTRUSTED = Budget(seconds=10.0)
"""The limits for a stranger's file."""


def checked(budget: Any) -> Budget:
    """Returns a budget, the default one for None.

    # Raises
        ArgumentError: if it is anything else.
    """
    if budget is None:
        return Budget()
    if isinstance(budget, Budget):
        return budget
    raise ArgumentError(
        f"budget must be a Budget; received {budget!r:.80}. Type: "
        "budget=oneiros.saving.Budget(array_bytes=...)."
    )


def parameter_budget(
    limit: int = MAX_PARAMETERS, calls: int = 0
) -> AbstractContextManager[Any]:
    """Returns a context manager that limits how much may be built in all layers
    together.

    # Arguments
        limit: int, number of scalars in weights; loading passes the number in the file.
        calls: int, number of calls in nested models and of unrolled steps; 0 keeps the
            current limit.
    """
    limits_around = load_context.current().limits or BuildLimits()
    limits = BuildLimits(limit, calls or limits_around.calls)
    return load_context.changed(limits=limits)
