"""`K.function` on PyTensor: shared code of all linkers."""

import functools
from typing import Any

import numpy as np
from oneiros.backend.contract import draw_seed
from oneiros.errors import ArgumentError
from oneiros_backend_toolkit.function import Function, check_new_shape
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant
from pytensor.graph.replace import clone_replace
from pytensor.graph.traversal import apply_ancestors, graph_inputs

from oneiros_backend_theano.draw import STEP, STREAM, Draw
from oneiros_backend_theano.jax_op import convolve
from oneiros_backend_theano.loops import random_operations_in
from oneiros_backend_theano.operations import FUNCTIONS


class GraphFunction(Function):
    """What a graph reads and writes, and the counters of its random numbers.

    # Arguments
        givens: pairs, or a dict, of variables in the graph and what is computed in
            their stead.
        inputs, outputs, updates: as for `K.function`.

    # Properties
        updated: the variables that it writes.
        read: the other variables that it reads.
        results: the new values of those that it writes, then the outputs.
        random: whether the graph has random operations.
    """

    def __init__(self, backend, inputs, outputs, updates, givens=()) -> None:
        super().__init__(backend, inputs, outputs, updates)
        self.outputs = list(map(FUNCTIONS.tensor, self.outputs))
        new_values = {
            variable: self._new_value(variable, value)
            for variable, value in self.updates
        }
        self.updated = list(new_values)
        self.results = [*new_values.values(), *self.outputs]
        self.givens = givens
        if givens:
            replaced = self._replacements(givens)
            self.results = clone_replace(self.results, replaced, rebuild_strict=False)
        roots = self._roots()
        self.random = STREAM in roots or STEP in roots
        written = {*self.updated, STREAM, STEP}
        self.read = [x for x in roots if x not in written]
        self._calls = 0
        self._base = draw_seed() if self.random else 0

    def _new_value(self, variable, value):
        if not isinstance(variable, SharedVariable):
            raise ArgumentError(
                f"Only variables can be updated; {variable} isn't one. "
                "K.variable creates one."
            )
        new = FUNCTIONS.of_type(value, variable.dtype)
        check_new_shape(variable.name, variable.type.shape, new.type.shape)
        return new

    def _replacements(self, givens) -> dict[Any, Any]:
        """Returns what stands for variables, of their types."""
        return {
            variable: FUNCTIONS.of_type(value, variable.dtype)
            for variable, value in dict(givens).items()
        }

    def _roots(self) -> list[Any]:
        """Returns the shared variables that the graph needs, once each, in a fixed
        order."""
        phase = self.backend.learning_phase_placeholder()
        fed = list(self.placeholders)
        for _, form in self.forms:
            fed.append(form)
        if self.phase_index is not None:
            fed.append(phase)
        needed = dict.fromkeys(graph_inputs(self.results, blockers=fed))
        roots = [x for x in needed if x not in fed and not isinstance(x, Constant)]
        for x in roots:
            if x is phase:
                raise ArgumentError(
                    "The function's outputs depend on the learning phase, which is not "
                    "among its inputs. Write K.function(inputs + [K.learning_phase()], "
                    "…) and pass 0 (test) or 1 (train)."
                )
            if not isinstance(x, SharedVariable):
                raise ArgumentError(
                    f"The function's outputs depend on the placeholder {x.name or x!r} "
                    f"of shape {x.type.shape}, which is not among its inputs: "
                    "K.function(inputs, outputs) takes its value."
                )
        return roots

    @property
    def convolves(self) -> bool:
        """Whether the graph contains a convolution."""
        return convolve(apply_ancestors(self.results))

    def advance(self, steps: int):
        """Returns the two counters of this call, None without random operations, and
        advances them by the number of steps it runs."""
        if not self.random:
            return None
        first_call = self._calls
        self._calls += steps
        numbers = [self._base + first_call, first_call]
        counters = np.array(numbers, np.uint64)
        return counters.astype(np.uint32)

    @functools.cached_property
    def random_operations(self) -> list[Draw]:
        """The random operations of the graph."""
        return random_operations_in(self.results)

    def get_random_state(self) -> dict[str, Any]:
        """Returns the seeds of the random operations, and where their counters are."""
        return {
            "base": self._base,
            "calls": self._calls,
            "seeds": [op.seed for op in self.random_operations],
        }

    def set_random_state(self, state) -> None:
        """Sets the seeds and the counters; functions compiled with other seeds are
        compiled again."""
        seeds = state["seeds"]
        count = len(self.random_operations)
        if count != len(seeds):
            raise ArgumentError(
                f"set_random_state received the seeds of {len(seeds)} random "
                f"operations, but this function has {count}. Build the model as it was "
                "when they were saved."
            )
        numbers = [state["base"], state["calls"]]
        self._base, self._calls = np.array(numbers, np.uint64).tolist()
        for op, seed in zip(self.random_operations, seeds, strict=True):
            op.seed = int(np.uint32(seed))
        self.forget_compiled()

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        name = type(self).__name__
        raise NotImplementedError(f"{name} doesn't define forget_compiled().")
