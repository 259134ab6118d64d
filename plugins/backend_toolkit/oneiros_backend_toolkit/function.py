"""`Function`, the result of `K.function`. Engines subclass it; its `upload` and `loop`
work on any engine."""

import math
import os
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from oneiros.backend.contract import CompiledFunction
from oneiros.errors import ArgumentError, CapabilityError, DataError, ShapeError
from oneiros.typing import Array, Shape, Tensors

from oneiros_backend_toolkit.interrupts import safe_point
from oneiros_backend_toolkit.operands import Sizes, may_agree
from oneiros_backend_toolkit.size_checks import CHANNELS_LAST_FORM

NUMBERS = "biuf"
"""Kinds of NumPy types that inputs accept: booleans, integers, floats."""
FORKED = (
    "This process was forked from one in which the engine had already started, so it "
    "lacks the engine's threads and can't compute. Start new processes instead: "
    "multiprocessing.get_context('spawn'), or joblib's default backend 'loky'. Or fork "
    "before you build the first model."
)

_refusal: str | None = None
_engine_has_threads = False


def note_threads() -> None:
    """Notes that the engine has started threads, which forked processes will lack."""
    global _engine_has_threads
    _engine_has_threads = True


def _after_fork() -> None:
    if _engine_has_threads:
        refuse_calls(FORKED)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def refuse_calls(reason: str) -> None:
    """Makes all functions of this process raise CapabilityError instead of computing.

    It is for forked processes, which don't have the engine's threads.
    """
    global _refusal
    _refusal = reason


@dataclass(frozen=True)
class Feed:
    """The requirements of a function's input.

    # Properties
        label: str, the input's name in messages.
        shape: tuple of int and None; None alone accepts any rank.
        dtype: NumPy type.
        sparse: bool, whether it also accepts sparse matrices.
    """

    label: str
    shape: Shape | None
    dtype: Any
    sparse: bool = False

    def check(self, value, batched: bool = False) -> Array:
        """Converts `value` to an array of this input's type.

        # Arguments
            value: the caller's value.
            batched: whether the first axis contains a whole data set instead of a
                batch; its type stays unchanged.

        # Raises
            DataError: if it isn't numeric, or its shape doesn't fit.
        """
        array: Array = value
        if type(value) is not np.ndarray:
            array = self._as_array(value)
        if array.dtype.kind in NUMBERS and self._fits(array.shape, batched):
            if batched:
                return array
            return np.asarray(array, self.dtype)
        raise self._refusal(value, array, batched)

    def _as_array(self, value) -> Array:
        """Returns an array; an array of objects if the value isn't an array."""
        if self.sparse and hasattr(value, "toarray"):
            value = value.toarray()
        try:
            return np.asarray(value)
        except ValueError:
            return np.empty((), object)

    def _fits(self, shape: tuple[int, ...], batched: bool) -> bool:
        if self.shape is None:
            return True
        expected = self.shape
        if batched and expected:
            expected = (None, *expected[1:])
        return may_agree(expected, shape)

    def _refusal(self, value, array: Array, batched: bool) -> DataError:
        received = f"an array of shape {array.shape}"
        if array.dtype.kind not in NUMBERS:
            received = f"{value!r:.60}, not an array of numbers"
        message = (
            f"{self.label} received {received}. Expected shape {self.shape} of type "
            f"{self.dtype}; None means any size"
        )
        if batched:
            message += ", and a data set may have any number of rows"
        message += "."
        if hasattr(value, "toarray") and not self.sparse:
            message += " Make it with sparse=True, or pass x.toarray()."
        return DataError(message)


@dataclass
class Upload:
    """Data for the batches of a function's `loop`.

    # Properties
        arrays: one array per input.
    """

    arrays: Tensors

    def release(self) -> None:
        """Frees the memory on the device."""
        self.arrays = []


class Update(NamedTuple):
    """A pair of a variable and its new value, which a session can run as in TensorFlow
    1.

    # Properties
        variable: the variable.
        value: a tensor of the same shape.
    """

    variable: Any
    value: Any


def check_new_shape(name: str | None, shape: Sizes, new_shape: Sizes) -> None:
    """Checks that a variable's new value may have the variable's shape.

    # Arguments
        name: str, the variable's name; None if it has none.
        shape: sizes of the variable; None for sizes that may change.
        new_shape: sizes of the new value; None for unknown sizes.

    # Raises
        ShapeError: if it may not.
    """
    if not may_agree(shape, new_shape):
        raise ShapeError(
            f"{name or 'The variable'} has shape {tuple(shape)}; its update can't have "
            f"shape {tuple(new_shape)}. K.function needs new values of the variable's "
            "own shape: K.reshape, K.sum and K.mean change shapes."
        )


class Function(CompiledFunction):
    """A compiled function of placeholders, with updates of variables.

    An engine defines `run`, and `put` and `rows` where its data isn't NumPy's. All
    outputs and new values are computed before the first variable is assigned.

    # Arguments
        backend: its Backend.
        inputs: list of placeholders, possibly with the learning phase; or one
            placeholder.
        outputs: list of tensors, or one tensor; then the result isn't a list.
        updates: list of `(variable, new value)` pairs.

    # Properties
        placeholders: the inputs without the learning phase.
        feeds: the requirements of each of these.
        forms: pairs of such an input and its form with channels last, which layers may
            have used; it gets the input's value.
        phase_index: int, the learning phase's index among the inputs, or None.
        has_one_output: bool, whether the output is a single tensor.
    """

    uses_threads: bool = True
    """Whether the engine computes in threads of its own, so that a process forked later
    can't compute."""
    longest_run: int = 1024
    """Maximum number of steps in a call of `loop`."""
    largest_run: int = 2**26
    """Maximum size in bytes of the data that a call of `loop` processes."""
    run_operations: float = 3.2e10
    """Maximum number of arithmetic operations in a call of `loop`: a fraction of a
    second on an ordinary processor, so that the progress bar keeps moving and Ctrl-C
    works."""

    def __init__(self, backend, inputs, outputs, updates=()) -> None:
        self.backend = backend
        self.inputs = _as_list("inputs", inputs, backend)
        self.outputs = _as_list("outputs", outputs, backend)
        self.has_one_output = not isinstance(outputs, (list, tuple))
        self.updates = _last_updates(_as_list("updates", updates, backend))
        _check_outputs(self.outputs)
        self.phase_index: int | None = None
        self.placeholders = []
        for index, x in enumerate(self.inputs):
            is_phase = isinstance(x, int) or backend.is_learning_phase(x)
            if is_phase and self.phase_index is None:
                self.phase_index = index
            else:
                self.placeholders.append(x)
        self.feeds = []
        self.forms = []
        for index, x in enumerate(self.placeholders):
            self.feeds.append(self._feed(index, x))
            form = CHANNELS_LAST_FORM.get(x)
            if form is not None:
                self.forms.append((x, form))

    def _feed(self, index: int, placeholder) -> Feed:
        name = getattr(placeholder, "name", None) or "unnamed"
        name = name.removesuffix(":0")
        k = self.backend
        has_open_rank = getattr(placeholder, "ndim", 0) is None
        return Feed(
            label=f"Input {index} ({name})",
            shape=None if has_open_rank else tuple(k.int_shape(placeholder)),
            dtype=np.dtype(k.dtype(placeholder)),
            sparse=k.is_sparse(placeholder),
        )

    def __call__(self, arrays):
        """Runs once.

        # Arguments
            arrays: list with one value per input, in order; 0 or 1 for the learning
                phase.

        # Returns
            The outputs' values, a list of arrays; a single array if the output is a
            single tensor.

        # Raises
            DataError: if the number, the rank, a fixed dimension or the type doesn't
                fit; it names the input.
        """
        safe_point()
        self._check_process()
        self._check_number(arrays)
        values = list(arrays)
        phase = None
        if self.phase_index is not None:
            phase = self.check_phase(values.pop(self.phase_index))
        pairs = zip(self.feeds, values)
        checked = [feed.check(value) for feed, value in pairs]
        values = self.run(checked, phase)
        if self.has_one_output:
            return values[0]
        return values

    def _check_process(self) -> None:
        if _refusal is not None:
            raise CapabilityError(_refusal)
        if self.uses_threads:
            note_threads()

    def _check_number(self, arrays) -> None:
        listed = isinstance(arrays, (list, tuple))
        if listed and len(arrays) == len(self.inputs):
            return
        names = [feed.label for feed in self.feeds]
        if self.phase_index is not None:
            names.append("the phase")
        received = len(arrays) if listed else f"{arrays!r:.60}"
        raise DataError(
            f"The function expected {len(names)} inputs ({', '.join(names)}), not "
            f"{received}."
        )

    def check_phase(self, value) -> int:
        """Returns the learning phase as 0 or 1.

        # Raises
            DataError: if it is neither, or differs from the fixed phase.
        """
        numbers = np.ravel(value)
        if numbers.size != 1 or numbers[0] not in (0, 1):
            raise DataError(
                f"The learning phase is 0 (test) or 1 (train); it can't be "
                f"{value!r:.60}."
            )
        phase = int(numbers[0])
        fixed = None
        if self.phase_index is not None:
            fixed = self.inputs[self.phase_index]
        if isinstance(fixed, int) and phase != fixed:
            raise DataError(
                f"K.set_learning_phase had fixed the phase to {fixed} when this "
                f"function was built; it received {phase}. Pass {fixed}, or build the "
                "graph without set_learning_phase."
            )
        return phase

    def run(self, arrays: list[Array], phase: int | None) -> Tensors:
        """Runs once on checked arrays, one per placeholder. Engines define it."""
        raise NotImplementedError(
            f"{type(self).__name__} doesn't define run(arrays, phase)."
        )

    def get_random_state(self):
        """Returns the seeds and the counters of the random operations, as lists and
        dicts of ints."""
        return []

    def set_random_state(self, state) -> None:
        """Restores a state from `get_random_state` of a function on the same graph.

        The state may come from another process.
        """

    def run_length(
        self, batches: int, data_bytes: int, operations: float, evenly: bool = False
    ) -> int:
        """Plans how many steps a call of `loop` runs on a data set.

        This depends only on the work and the data, never on time, so the same training
        run is always grouped and rounded in the same way.

        # Arguments
            batches: int, the steps of an epoch.
            data_bytes: int, the size of the data set.
            operations: float, the approximate number of arithmetic operations in a
                step.
            evenly: bool, whether to make as few calls as possible, with similar
                lengths; otherwise the length is a power of two, so that other data can
                reuse the compiled function.
        """
        longest = min(
            self.longest_run,
            self.run_operations / operations,
            self.largest_run * batches / max(data_bytes, 1),
        )
        most = max(1, int(longest))
        if evenly:
            calls = math.ceil(batches / most)
            return math.ceil(batches / calls)
        exponent = int(math.log2(most))
        return int(2**exponent)

    def put(self, array: Array, dtype):
        """Copies an array to the device, as one of a type."""
        return np.array(array, dtype)

    def rows(self, arrays: Tensors, index: Array) -> Tensors:
        """Returns the rows that an index names, of each array."""
        return [array[index] for array in arrays]

    def upload(self, arrays) -> Upload:
        """Copies whole data sets to where `loop` reads them; later changes to the
        arrays have no effect.

        # Arguments
            arrays: list, one per placeholder; the first axis counts rows.
        """
        pairs = self.check_upload(arrays)
        return Upload([self.put(*pair) for pair in pairs])

    def borrow(self, arrays) -> Upload:
        """Lets `loop` read whole data sets in place; they must not change while loops
        read them.

        With copies, predictions of 400 MB of data need 1.8 GB instead of 0.8 on JAX,
        and 4 % more time (`benchmarks/mechanisms.py borrowed_arrays`).
        """
        pairs = self.check_upload(arrays)
        return Upload([np.asarray(*pair) for pair in pairs])

    def check_upload(self, arrays) -> list[tuple[Array, Any]]:
        """Returns a data set's arrays, checked against the placeholders, with the types
        to convert them to."""
        self._check_process()
        if len(arrays) != len(self.feeds):
            raise DataError(
                f"upload expected {len(self.feeds)} arrays, one per input, not "
                f"{len(arrays)}."
            )
        pairs = []
        for feed, x in zip(self.feeds, arrays):
            array = feed.check(x, batched=True)
            pairs.append((array, feed.dtype))
        return pairs

    def check_index(self, handle: Upload, index) -> Array:
        """Returns the index of a loop as an int32 array of shape (steps, batch)."""
        safe_point()
        if len(handle.arrays) != len(self.feeds):
            raise ArgumentError(
                "This upload was released, or another function made it. Call "
                "upload(arrays) again before loop."
            )
        array = np.asarray(index)
        rows = min(map(len, handle.arrays), default=0)
        if array.ndim != 2 or array.dtype.kind not in "iu":
            raise DataError(
                f"loop expected integers of shape (steps, batch), not {array.dtype} "
                f"{array.shape}."
            )
        if self.feeds and array.size:
            least = array.min()
            greatest = array.max()
            if least < 0 or greatest >= rows:
                raise DataError(
                    f"The index runs from {least} to {greatest}; there are {rows} rows."
                )
        batch = array.shape[1]
        if self.feeds and batch and not rows:
            raise DataError(f"loop can't take {batch} rows at a time of 0 rows.")
        for feed in self.feeds:
            expected = feed.shape[0] if feed.shape else None
            if expected not in (None, batch):
                raise DataError(
                    f"{feed.label} expected {expected} rows at a time, not {batch}."
                )
        return array.astype(np.int32)

    def loop(self, handle: Upload, index, phase: int | None = None) -> Tensors:
        """Runs one step per row of `index` on the uploaded rows with these numbers.

        # Arguments
            handle: the result of `upload`.
            index: integer array of shape (steps, batch).
            phase: 0 or 1 if the learning phase is among the inputs.

        # Returns
            The outputs, each with a leading axis of length `steps`.
        """
        if phase is not None:
            phase = self.check_phase(phase)
        rows = self.check_index(handle, index)
        return self.run_steps(handle.arrays, rows, phase)

    def run_steps(self, arrays: Tensors, index: Array, phase: int | None) -> Tensors:
        """Runs one step per row of an index, one call each."""
        steps = []
        for rows in index:
            batch = self.rows(arrays, rows)
            steps.append(self.run(batch, phase))
        by_output = zip(*steps, strict=True)
        return [np.stack(values) for values in by_output]


def _as_list(name: str, value, backend) -> Tensors:
    if isinstance(value, (list, tuple)):
        return list(value)
    if backend.owns(value):
        return [value]
    raise ArgumentError(
        f"K.function expected its {name} as a list; it received {value!r:.80}."
    )


def _check_outputs(outputs: Tensors) -> None:
    for x in outputs:
        if isinstance(x, (int, float, str, np.ndarray, np.generic)):
            raise ArgumentError(
                f"K.function expected tensors as outputs, not {x!r:.80}. "
                "K.variable(x) creates one."
            )


def _last_updates(updates: list[Any]) -> list[Any]:
    """Returns the checked updates; if a variable has several, only the last."""
    for pair in updates:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise ArgumentError(
                f"K.function expected (variable, new value) as an update, not "
                f"{pair!r:.80}."
            )
    by_variable = {id(pair[0]): pair for pair in updates}
    return list(by_variable.values())
