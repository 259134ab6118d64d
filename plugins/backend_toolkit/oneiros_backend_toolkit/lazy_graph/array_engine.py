"""What engines share whose functions are ArrayFunctions."""

from __future__ import annotations

from typing import Any

from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions, Function
from oneiros_backend_toolkit.lazy_graph.pinning import pinned

NOT_ELEMENTWISE = ("getitem", "matmul")


class ArrayEngine:
    """The first part of `oneiros_backend_toolkit.lazy_graph.engine.Engine`.

    # Properties
        functions: the engine's ArrayFunctions.
    """

    functions: ArrayFunctions

    def is_tensor(self, x: Any) -> bool:
        """Returns whether `x` is, or holds, a tensor of the engine itself."""
        return self.functions.holds_tensor(x)

    def reason(self, error: Exception) -> str:
        """Returns the first line of what an error says."""
        lines = (line for line in str(error).splitlines() if line.strip())
        return next(lines, repr(error))

    def operator(self, name: str) -> Function:
        """Returns the function behind a Python operator."""
        function = self.functions.operators[name]
        return pinned(function, elementwise=name not in NOT_ELEMENTWISE)
