"""`K.function` compiled by PyTensor itself, in any mode that it has."""

from typing import Any

import numpy as np
import pytensor
from oneiros.backend.contract import LOCK
from oneiros.errors import CapabilityError
from oneiros_backend_toolkit.devices import Device, requested
from oneiros_backend_toolkit.images import last_order
from pytensor.graph.replace import clone_replace

from oneiros_backend_theano.draw import STEP, STREAM
from oneiros_backend_theano.function import GraphFunction
from oneiros_backend_theano.jax_op import register_with_numba

NO_COUNTERS = np.zeros(2, np.uint32)
"""What a graph without random operations receives for its counters."""


class PytensorFunction(GraphFunction):
    """Compiled once per learning phase."""

    uses_threads = False

    def __init__(self, backend, inputs, outputs, updates, mode, givens=()):
        super().__init__(backend, inputs, outputs, updates, givens)
        device = requested("theano")
        cpu = Device("cpu", 0)
        if device not in (None, cpu):
            raise CapabilityError(
                f"The linker {mode} computes on the CPU, but the setting `device` asks "
                f"for {device}, where only the linker jax computes. Remove `mode` and "
                "ONEIROS_THEANO_LINKER, or set ONEIROS_DEVICE=theano=cpu."
            )
        self._mode = mode
        self._compiled: dict[int | None, Any] = {}

    def run(self, arrays, phase: int | None) -> list[Any]:
        """Runs one step."""
        if phase not in self._compiled:
            self._compiled[phase] = self._compile(phase)
        with LOCK:
            for variable in (*self.updated, *self.read):
                storage = variable.container.storage
                (value,) = storage
                storage[0] = np.asarray(value)
            counters = self.advance(1) if self.random else NO_COUNTERS
            compute = self._compiled[phase]
            results = compute(*counters, *arrays)
        return [np.array(result) for result in results]

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        self._compiled.clear()

    def _compile(self, phase: int | None):
        if str(self._mode) == "NUMBA":
            register_with_numba()
        stream = STREAM.type("stream")
        step = STEP.type("step")
        replaced = {STREAM: stream, STEP: step}
        placeholder = self._phase_placeholder()
        if placeholder is not None:
            constant = pytensor.tensor.constant(phase, dtype="int32")
            replaced[placeholder] = constant
        inputs = {x: x for x in self.placeholders}
        for x, form in self.forms:
            channels_first = x.type()
            order = last_order(x.ndim)
            inputs[x] = channels_first
            replaced[x] = channels_first
            replaced[form] = channels_first.dimshuffle(order)
        results = clone_replace(self.results, replaced, rebuild_strict=False)
        count = len(self.updated)
        new_values = results[:count]
        updates = list(zip(self.updated, new_values, strict=True))
        outputs = results[count:]
        return pytensor.function(
            [stream, step, *inputs.values()],
            outputs,
            updates=updates,
            mode=self._mode,
            on_unused_input="ignore",
        )

    def _phase_placeholder(self):
        """Returns the learning phase among the inputs, None if fixed or absent."""
        if self.phase_index is None:
            return None
        phase = self.inputs[self.phase_index]
        return None if isinstance(phase, int) else phase
