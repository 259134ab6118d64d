"""The functions that an engine supplies, so that a recorder can record and run
on it."""

from typing import Protocol

from oneiros.typing import Tensors

from oneiros_backend_toolkit.lazy_graph.array_functions import ArrayFunctions, Function
from oneiros_backend_toolkit.lazy_graph.pinning import pinned
from oneiros_backend_toolkit.lazy_graph.tensors import Spec
from oneiros_backend_toolkit.tensors import AnyFunction

NOT_ELEMENTWISE = ("getitem", "matmul")


class Engine(Protocol):
    """An eager engine, such as TensorFlow or JAX, behind a `Recorder`.

    Its tensors may be any objects: the recorder only passes them from one method to
    another. Methods that are called while a graph is run (`convert`, `key`,
    `fold`, `gradients`, `loop`) receive the engine's tracers if the engine compiles.

    # Properties
        name: the backend's name, for messages.
        errors: the exceptions that the engine raises for tensors that don't fit.
        key_spec: the Spec of what `key` returns, such as `Spec((2,), "int64")`.
        functions: its ArrayFunctions.
    """

    name: str
    errors: tuple[type[Exception], ...]
    key_spec: Spec
    functions: ArrayFunctions

    # Recording

    def is_tensor(self, x) -> bool:
        """Returns whether `x` is, or holds, a tensor of the engine itself.

        Functions of `K` compute with those at once instead of recording.

        # Arguments
            x: any object; of tuples and lists, the items are checked.
        """
        return self.functions.holds_tensor(x)

    def reason(self, error: Exception) -> str:
        """Returns what an error of the engine says, in one line."""
        lines = (line for line in str(error).splitlines() if line.strip())
        return next(lines, repr(error))

    def operator(self, name: str) -> Function:
        """Returns the function behind one of Python's operators.

        # Arguments
            name: str, the name of the method without underscores: `"add"`,
                `"getitem"`.
        """
        function = self.functions.operators[name]
        return pinned(function, elementwise=name not in NOT_ELEMENTWISE)

    def infer(self, call: AnyFunction, specs: list[Spec]):
        """Returns what is known about a function's result.

        # Arguments
            call: function of the engine's tensors.
            specs: what is known about its arguments.

        # Returns
            The result's Spec; if it is a tuple, list or dict, one of Specs.

        # Raises
            GraphError: if the function returns no tensor.
        """

    # Running

    def traced_once(self, fn: AnyFunction) -> AnyFunction:
        """Returns a function that the engine traces once for arguments of the same
        shapes, if it can."""
        return fn

    def convert(self, value, dtype: str | None):
        """Returns a tensor that belongs to no other node.

        # Arguments
            value: a tensor, an array, a number, or nested lists of them.
            dtype: the type to convert it to; None keeps its own.
        """

    def key(self, seed: int, counter):
        """Returns the key for random functions.

        It is a tensor that differs for each seed and counter.
        """

    def fold(self, key, number):
        """Returns a key like `key`, another one for each number."""

    def gradients(
        self, forward: AnyFunction, values: Tensors
    ) -> tuple[Tensors, Tensors]:
        """Differentiates. An engine that doesn't define it only predicts.

        An engine that differentiates in place passes `values` themselves to `forward`;
        then nothing is computed twice.

        # Arguments
            forward: function of a list of tensors that returns the loss, and a list of
                what else it computed.
            values: the tensors to differentiate by.

        # Returns
            The gradients of the sum of the loss, and what else was computed.
        """

    def loop(
        self,
        step: AnyFunction,
        sequences: Tensors,
        states: Tensors,
        captured: Tensors,
        types: list[str],
        backwards: bool,
    ):
        """Runs a step for each index of the first axis of `sequences`.

        # Arguments
            step: function of a place, the list of slices, the list of states and
                `captured` that returns the lists of new states, of the same shapes and
                types, and of outputs.
            sequences: tensors of one length.
            states: the first states.
            captured: what each step uses.
            types: of the outputs.
            backwards: whether the last place comes first.

        # Returns
            The lists of last states and of outputs, stacked by place.
        """


class EagerEngine(Engine):
    """An engine that computes at once, so that a loop is Python's."""

    def loop(
        self,
        step: AnyFunction,
        sequences: Tensors,
        states: Tensors,
        captured: Tensors,
        types: list[str],
        backwards: bool,
    ):
        """Takes a step for each place of the first axis of `sequences`."""
        functions = self.functions
        sequences = [self.convert(x, None) for x in sequences]
        states = [self.convert(x, None) for x in states]
        lengths = sorted(set(map(len, sequences)))
        if len(lengths) > 1:
            raise ValueError(f"sequences have {lengths} steps")
        (length,) = lengths
        outputs = {}
        places = range(length)
        for place in reversed(places) if backwards else places:
            slices = [functions.indexed(x, place) for x in sequences]
            new, outputs[place] = step(place, slices, states, captured)
            _check_states(states, new)
            states = new
        if length:
            by_place = [outputs[place] for place in places]
            by_output = zip(*by_place, strict=True)
            return states, list(map(functions.stacked, by_output))
        # Another step, on zeros, tells what the outputs would be like
        slices = []
        for x in sequences:
            zeros = functions.sum(x, 0)
            slices.append(functions.as_type(zeros, functions.dtype_of(x)))
        _, like = step(0, slices, states, captured)
        none = slice(0)
        outputs_of_none = []
        for x in like:
            one = functions.stacked([x])
            empty = functions.indexed(one, none)
            outputs_of_none.append(empty)
        return states, outputs_of_none


def _check_states(before: Tensors, after: Tensors) -> None:
    pairs = zip(before, after, strict=True)
    for place, (old, new) in enumerate(pairs):
        if old.shape != new.shape:
            raise ValueError(
                f"state {place} had shape {tuple(old.shape)} before a step and "
                f"{tuple(new.shape)} after it"
            )
