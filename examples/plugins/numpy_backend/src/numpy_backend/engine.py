"""NumPy as an engine: how recorded graphs are inferred and run."""

from contextlib import suppress
from typing import Any

import numpy as np
from oneiros.backend.contract import LOCK
from oneiros.errors import GraphError
from oneiros_backend_toolkit.lazy_graph.engine import EagerEngine
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction
from oneiros_backend_toolkit.lazy_graph.recorded_call import leaves_of, map_tree
from oneiros_backend_toolkit.lazy_graph.tensors import Spec

from numpy_backend.functions import FUNCTIONS
from numpy_backend.tensors import Tensor, tensor

TRIALS = ((2, 32), (4, 64))
"""The sizes that stand for open ones in two trials: of the first axis, of others."""
LARGEST_SHAPE = 32
"""How many numbers a tensor may hold so that it may be a shape."""
KEYS = 2**31


class NumpyEngine(EagerEngine):
    """What a `Recorder` asks of NumPy. Without `gradients`, the backend predicts."""

    name = "numpy"
    errors = (ValueError, IndexError)
    key_spec = Spec((2,), "int64")
    functions = FUNCTIONS

    def infer(self, call: Any, specs: list[Spec]) -> Any:
        """Tries the function. If it refuses, open sizes may have to be those of other
        tensors."""
        try:
            return self._tried(call, specs)
        except self.errors:
            for size in sorted({n for spec in specs for n in spec.shape or () if n}):
                filled = [_filled(spec, size) for spec in specs]
                with suppress(*self.errors):
                    return self._tried(call, filled)
            raise

    def _tried(self, call: Any, specs: list[Spec]) -> Any:
        """Computes a function twice, with two sizes for those that are open. What is
        the same in both results is known."""
        results = []
        for trial in range(len(TRIALS)):
            arguments = [_argument(spec, trial) for spec in specs]
            with np.errstate(all="ignore"):
                results.append(call(*arguments))
        first, second = results
        others = iter(leaves_of(second))
        return map_tree(lambda x: _spec(x, next(others)), first)

    def convert(self, value: Any, dtype: str | None) -> Tensor:
        """Returns a tensor."""
        if dtype is None:
            return FUNCTIONS.tensor(value)
        return FUNCTIONS.of_type(value, dtype)

    def key(self, seed: int, counter: Any) -> Tensor:
        """Returns the key of a step."""
        return tensor([seed, counter], "int64")

    def fold(self, key: Any, number: Any) -> Tensor:
        """Returns the key of a step in a loop."""
        seed, counter = key
        return tensor([seed, (counter * 1009 + number + 1) % KEYS], "int64")


def _filled(spec: Spec, size: int) -> Spec:
    """Returns a Spec with a size for each open one but that of the samples."""
    axes = enumerate(spec.shape or ())
    shape = tuple(size if n is None and axis else n for axis, n in axes)
    return Spec(shape, spec.dtype) if shape != spec.shape else spec


def _argument(spec: Spec, trial: int) -> Tensor:
    """Returns what stands for a tensor of which only the Spec is known."""
    shape: Any = spec.shape
    if spec.traces is not None:
        shape = spec.traces[trial]
    if not isinstance(shape, tuple):
        return tensor(shape)
    of_first, of_others = TRIALS[trial]
    sizes = []
    for axis, size in enumerate(shape):
        standing = of_others if axis else of_first
        sizes.append(standing if size is None else size)
    return tensor(np.ones(sizes, spec.dtype))


def _spec(first: Any, second: Any) -> Spec:
    """Returns what is known of a tensor from its two trials. A trial remembers the
    numbers of what may be a shape, since other tensors may get that shape."""
    if first is None:
        raise GraphError("The function returns no tensor, so it would compute nothing.")
    pair = [FUNCTIONS.tensor(first), FUNCTIONS.tensor(second)]
    sizes = zip(*(x.shape for x in pair), strict=True)
    shape = tuple(a if a == b else None for a, b in sizes)
    dtype = pair[0].dtype.name
    if dtype.startswith("int") and pair[0].size <= LARGEST_SHAPE:
        return Spec(shape, dtype, traces=tuple(map(np.asarray, pair)))
    return Spec(shape, dtype, traces=tuple(x.shape for x in pair))


class NumpyFunction(RecordedFunction):
    """A function that NumPy computes, step by step, for inputs of any shape."""

    specialises = False
    uses_threads = False

    def compile_step(self, phase: int, arrays: Any) -> Any:
        """Returns one step."""
        program = self.program

        def step(arrays: Any, counter: Any) -> list[Any]:
            feeds = [tensor(array) for array in arrays]
            # Nobody else changes variables from reading them to storing new values
            with LOCK, np.errstate(all="ignore"):
                state = [tensor(x.source.storage.get()) for x in program.variables]
                outputs, new = program(feeds, state, phase, counter)
                for variable, value in zip(program.written, new, strict=True):
                    self.backend.set_value(variable, value)
            return [np.array(output) for output in outputs]

        return step
