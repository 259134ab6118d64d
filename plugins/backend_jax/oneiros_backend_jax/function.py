"""`K.function` compiled by JAX."""

from typing import Any

import numpy as np
from oneiros.errors import DataError
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_jax_support.compiled import CompiledByJax, Slot, TracedStep


class JaxFunction(RecordedFunction, CompiledByJax):
    """A recorded program whose steps JAX compiles."""

    def step(self, phase: int) -> TracedStep:
        """Returns what a step of the program computes."""
        program = self.program
        written = program.written
        variables = program.variables
        read = [node for node in variables if node not in written]
        nodes = [*written, *read]
        places = list(map(nodes.index, variables))

        def step(old, read, counter, *feeds) -> list[Any]:
            values = [*old, *read]
            state = [values[place] for place in places]
            outputs, new = program(feeds, state, phase, counter)
            for node, value in zip(written, new, strict=True):
                _check_update(node, value)
            return [*new, *outputs]

        counter = np.uint32(0) if program.streams else None
        return TracedStep(
            backend="jax",
            function=step,
            written=_slots(written),
            read=_slots(read),
            outputs=len(program.outputs),
            counter=counter,
        )


def _slots(nodes) -> list[Slot]:
    return [node.source.storage.slot for node in nodes]


def _check_update(variable, value) -> None:
    if value.shape != variable.shape:
        raise DataError(
            f"The update of {variable.name!r} has shape {value.shape}, expected shape "
            f"{variable.shape}."
        )
