"""What reading a file, and building what it describes, may cost."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from oneiros import load_context
from oneiros.load_context import MAX_PARAMETERS, BuildLimits


@dataclass(frozen=True)
class Budget:
    """What reading a file may cost, all parts together.

    `load_model(path, budget=Budget(...))` allows more.

    # Properties
        array_bytes: int, memory for arrays.
        excess_bytes: int, how much longer than the file itself its arrays may be
            (compressed arrays are).
        text_bytes: int, memory for names, configurations and other attributes.
        objects: int, number of groups, arrays and stored blocks looked at.
    """

    array_bytes: int = 4 << 30
    excess_bytes: int = 64 << 20
    text_bytes: int = 64 << 20
    objects: int = 100_000


def parameter_budget(
    limit: int = MAX_PARAMETERS, calls: int = 0
) -> AbstractContextManager[Any]:
    """Returns a context manager that bounds how much may be built, all layers together.

    # Arguments
        limit: int, number of scalars in weights; loading passes how many the file
            holds.
        calls: int, number of calls in nested models and of unrolled steps; 0 leaves the
            bound that holds.
    """
    limits_around = load_context.current().limits or BuildLimits()
    limits = BuildLimits(limit, calls or limits_around.calls)
    return load_context.changed(limits=limits)
