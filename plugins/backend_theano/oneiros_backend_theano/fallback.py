"""What computes a function that the JAX linker can't compile.

It is PyTensor's virtual machine, in Python. It is ready at once, while PyTensor's numba
linker may compile a small graph for half a minute; each step takes
several times longer.
"""

import warnings
from typing import Any

import pytensor
from pytensor.compile.mode import Mode
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.link.vm import VMLinker

from oneiros_backend_theano.pytensor_function import PytensorFunction

MODE = Mode(
    VMLinker(use_cloop=False, c_thunks=False),
    RewriteDatabaseQuery(include=["fast_run"], exclude=["fusion", "inplace"]),
)
"""Fused operations would be slower in Python, and values that JAX made can't be written
to."""
NO_COMPILER = ""
"""The setting `cxx` with which even loops run without compiled code."""


class FallbackFunction(PytensorFunction):
    """Compiled by PyTensor; its random numbers go on where those of the function would.

    # Arguments
        function: the JaxFunction that it replaces.
    """

    def __init__(self, function) -> None:
        super().__init__(
            function.backend,
            function.inputs,
            function.outputs,
            function.updates,
            MODE,
            function.givens,
        )
        self._function = function

    def advance(self, steps: int):
        """Returns the counters of the function that it replaces."""
        return self._function.advance(steps)

    def run(self, arrays, phase: int | None) -> list[Any]:
        """Runs one step."""
        with pytensor.config.change_flags(cxx=NO_COMPILER):
            return super().run(arrays, phase)


def warn_of(problem: str) -> None:
    """Says in one line what computes a function."""
    line = " ".join(problem.split())
    warnings.warn(
        f"{line} PyTensor computes this function in Python, more slowly; mode='NUMBA' "
        "in K.function or compile compiles it, which takes long at first.",
        stacklevel=2,
    )
