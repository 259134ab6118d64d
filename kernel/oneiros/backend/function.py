"""`Function`: what `K.function` returns. Engines derive from it; these `upload` and
`loop` work on any."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from oneiros.errors import ArgumentError, CapabilityError, DataError

Array = np.ndarray[Any, Any]
_refusal: str | None = None


def refuse_calls(reason: str) -> None:
    """Has all functions of this process refuse to compute, with a CapabilityError.

    It is for a process that was forked, which doesn't have the engine's threads.
    """
    global _refusal
    _refusal = reason


def _check_allowed() -> None:
    if _refusal is not None:
        raise CapabilityError(_refusal)


@dataclass(frozen=True)
class Feed:
    """What one input of a function accepts."""

    label: str
    shape: tuple[int | None, ...]
    dtype: Any
    sparse: bool = False

    def check(self, value: Any, batched: bool = False) -> Array:
        """Returns `value` as an array of this input's type.

        # Arguments
            value: what the caller passed.
            batched: whether the first axis holds a whole data set instead of one batch;
                its type stays.

        # Raises
            DataError: if it isn't numeric, or its shape doesn't fit.
        """
        try:
            array = np.asarray(
                value.toarray() if self.sparse and hasattr(value, "toarray") else value
            )
        except ValueError:
            array = np.empty((), object)
        want = (None, *self.shape[1:]) if batched else self.shape
        numeric, pairs = (
            array.dtype.kind in "biuf",
            zip(want, array.shape, strict=False),
        )
        if (
            numeric
            and len(want) == array.ndim
            and all(n in (None, m) for n, m in pairs)
        ):
            return array if batched else np.asarray(array, self.dtype)
        got = (
            f"an array of shape {array.shape}"
            if numeric
            else f"{value!r:.60}, not an array of numbers"
        )
        raise DataError(
            f"{self.label} received {got}. It takes shape {self.shape} of type {self.dtype}; None stands "
            f"for any size{', and a data set may have any number of rows' if batched else ''}."
            f"{' Make it with sparse=True, or pass x.toarray().' * (hasattr(value, 'toarray') > self.sparse)}"
        )


class Upload:
    """Data that a function's `loop` draws its batches from; `release()` lets go of
    it."""

    def __init__(self, arrays: list[Any]) -> None:
        self._arrays: list[Any] | None = arrays

    @property
    def arrays(self) -> list[Any]:
        """The data, one array per input."""
        if self._arrays is None:
            raise ArgumentError(
                "This upload was released. Call upload(arrays) again before loop."
            )
        return self._arrays

    def release(self) -> None:
        """Frees the memory on the device."""
        self._arrays = None


class Function:
    """A compiled function of placeholders, with updates of variables.

    An engine supplies `run`; `upload` and `loop` have plain versions here. All outputs
    and new values are computed before the first variable is assigned.

    # Arguments
        backend: the Backend it belongs to.
        inputs: list of placeholders, the learning phase possibly among them.
        outputs: list of tensors.
        updates: list of `(variable, new value)` pairs.

    # Properties
        placeholders: the inputs without the learning phase.
        feeds: what each of these accepts.
    """

    longest_run: ClassVar[int] = 1024
    """Steps of one call of `loop`, at most."""
    largest_run: ClassVar[int] = 2**26
    """Bytes of the data that one call of `loop` goes over, at most."""
    run_operations: ClassVar[float] = 3.2e10
    """Arithmetic operations of one call of `loop`, at most: a fraction of a second on
    an ordinary processor, so that a progress bar keeps moving and Ctrl-C is heard."""

    def __init__(
        self, backend: Any, inputs: Any, outputs: Any, updates: Any = ()
    ) -> None:
        for name, value in (
            ("inputs", inputs),
            ("outputs", outputs),
            ("updates", updates),
        ):
            if not isinstance(value, (list, tuple)):
                raise ArgumentError(
                    f"K.function takes its {name} as a list; it received {value!r:.80}."
                )
        self.backend = backend
        self.inputs, self.outputs, self.updates = (
            list(inputs),
            list(outputs),
            list(updates),
        )
        for pair in self.updates:
            if not isinstance(pair, (list, tuple)) or len(pair) != 2:
                raise ArgumentError(
                    f"K.function takes (variable, new value) as an update, not {pair!r:.80}."
                )
        written = [id(pair[0]) for pair in self.updates]
        for i, pair in enumerate(self.updates):
            if written[i] in written[:i]:
                name = getattr(pair[0], "name", None) or repr(pair[0])
                raise ArgumentError(
                    f"K.function received two updates of the variable {name}. Pass one."
                )
        for x in self.outputs:
            if isinstance(x, (int, float, np.ndarray, np.generic)):
                raise ArgumentError(
                    f"K.function outputs tensors, not {x!r:.80}. K.variable(x) makes one."
                )
        phases = [
            i
            for i, x in enumerate(inputs)
            if isinstance(x, int) or backend.is_learning_phase(x)
        ]
        self.phase_index = phases[0] if phases else None
        self.placeholders = [x for i, x in enumerate(inputs) if i != self.phase_index]
        self.feeds = [self._feed(i, x) for i, x in enumerate(self.placeholders)]

    def _feed(self, i: int, x: Any) -> Feed:
        k = self.backend
        label = f"Input {i} ({getattr(x, 'name', None) or 'unnamed'})"
        return Feed(label, tuple(k.int_shape(x)), np.dtype(k.dtype(x)), k.is_sparse(x))

    def __call__(self, arrays: Sequence[Any]) -> list[Any]:
        """Runs once.

        # Arguments
            arrays: list, one value per input in their order; for the learning phase 0
                or 1.

        # Returns
            The outputs' values, a list of arrays.

        # Raises
            DataError: if the number, the rank, a fixed dimension or the type doesn't
                fit, naming the input.
        """
        _check_allowed()
        if not isinstance(arrays, (list, tuple)) or len(arrays) != len(self.inputs):
            names = [feed.label for feed in self.feeds] + ["the phase"] * (
                self.phase_index is not None
            )
            got = (
                len(arrays) if isinstance(arrays, (list, tuple)) else f"{arrays!r:.60}"
            )
            raise DataError(
                f"The function takes {len(names)} inputs ({', '.join(names)}), not {got}."
            )
        values, phase = list(arrays), None
        if self.phase_index is not None:
            phase = self.check_phase(values.pop(self.phase_index))
        return self.run(
            [feed.check(value) for feed, value in zip(self.feeds, values, strict=True)],
            phase,
        )

    def check_phase(self, value: Any) -> int:
        """Returns the learning phase as 0 or 1."""
        if np.size(value) != 1 or np.ravel(value)[0] not in (0, 1):
            raise DataError(
                f"The learning phase is 0 (test) or 1 (train); it can't be {value!r:.60}."
            )
        phase = int(np.ravel(value)[0])
        fixed = phase if self.phase_index is None else self.inputs[self.phase_index]
        if isinstance(fixed, int) and phase != fixed:
            raise DataError(
                f"K.set_learning_phase had fixed the phase to {fixed} when this function was built; it "
                f"received {phase}. Pass {fixed}, or build the graph without set_learning_phase."
            )
        return phase

    def run(self, arrays: list[Array], phase: int | None) -> list[Any]:
        """Runs once on checked arrays, one per placeholder. Engines supply it."""
        raise NotImplementedError(
            f"{type(self).__name__} doesn't define run(arrays, phase)."
        )

    def get_random_state(self) -> Any:
        """Returns the seeds and the counters of the random operations, as lists and
        dicts of ints."""
        return []

    def set_random_state(self, draws: Any) -> None:
        """Sets what `get_random_state` of a function on the same graph returned, maybe in
        another process."""

    def run_length(
        self, batches: int, data_bytes: int, operations: float, evenly: bool = False
    ) -> int:
        """Plans how many steps one call of `loop` runs, when going over a data set.

        That follows from the work and the data alone, never from time: the same
        training is grouped, and rounded, the same way each time.

        # Arguments
            batches: int, the steps of an epoch.
            data_bytes: int, the size of the data set.
            operations: float, arithmetic operations of a step, roughly.
            evenly: bool, whether to make as few calls as may be, of about one length;
                else a power of two, so that other data finds the function compiled.
        """
        longest = min(
            self.longest_run,
            self.run_operations / operations,
            self.largest_run * batches / max(data_bytes, 1),
        )
        most = max(1, int(longest))
        if evenly:
            return math.ceil(batches / math.ceil(batches / most))
        return int(2 ** int(math.log2(most)))

    def upload(self, arrays: Sequence[Any]) -> Upload:
        """Takes whole data sets to where `loop` reads them; later changes of the arrays
        are not seen.

        # Arguments
            arrays: list, one per placeholder; the first axis counts rows.
        """
        return Upload([np.array(*pair) for pair in self.check_upload(arrays)])

    def borrow(self, arrays: Sequence[Any]) -> Upload:
        """Lets `loop` read whole data sets where they are; they must not change while
        loops read them."""
        return Upload([np.asarray(*pair) for pair in self.check_upload(arrays)])

    def check_upload(self, arrays: Sequence[Any]) -> list[tuple[Array, Any]]:
        """Returns a data set's arrays, checked against the placeholders, and the types
        to make them of."""
        _check_allowed()
        if len(arrays) != len(self.feeds):
            raise DataError(
                f"upload takes {len(self.feeds)} arrays, one per input, not {len(arrays)}."
            )
        return [
            (feed.check(x, batched=True), feed.dtype)
            for feed, x in zip(self.feeds, arrays, strict=True)
        ]

    def check_index(self, handle: Upload, index: Any) -> Array:
        """Returns the index of a loop as an int32 array of shape (steps, batch)."""
        array, rows = (
            np.asarray(index),
            min((len(array) for array in handle.arrays), default=0),
        )
        if array.ndim != 2 or array.dtype.kind not in "iu":
            raise DataError(
                f"loop takes integers of shape (steps, batch), not {array.dtype} {array.shape}."
            )
        if self.feeds and array.size and not 0 <= array.min() <= array.max() < rows:
            raise DataError(
                f"The index runs from {array.min()} to {array.max()}; there are {rows} rows."
            )
        for feed in self.feeds:
            if feed.shape[0] not in (None, array.shape[1]):
                raise DataError(
                    f"{feed.label} takes {feed.shape[0]} rows at a time, not {array.shape[1]}."
                )
        return array.astype(np.int32)

    def loop(self, handle: Upload, index: Any, phase: int | None = None) -> list[Any]:
        """Runs one step per row of `index`, on the uploaded rows that it names.

        # Arguments
            handle: what `upload` returned.
            index: integer array of shape (steps, batch).
            phase: 0 or 1, if the learning phase is among the inputs.

        # Returns
            The outputs, each with a leading axis of length `steps`.
        """
        chosen = None if phase is None else self.check_phase(phase)
        rows = self.check_index(handle, index)
        steps = [
            self.run([array[row] for array in handle.arrays], chosen) for row in rows
        ]
        return [np.stack(values) for values in zip(*steps, strict=True)]
