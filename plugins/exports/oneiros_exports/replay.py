"""Compares a model with its export, on the same inputs."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.engine.node import origins
from oneiros.errors import OneirosError
from oneiros.typing import Array

from oneiros_exports.cases import Case, drawn_cases
from oneiros_exports.destination import Export, ExportError, Written
from oneiros_exports.predictor import names_of
from oneiros_exports.processes import call

NB_OPEN_SIZES = 2
"""How many sizes stand for an open one."""
BOUNDED = ("softmax", "sigmoid", "hard_sigmoid", "tanh", "softsign")
"""Functions whose values don't grow with what they are computed from, and neither do
they show how far that was rounded."""
SMALLEST_SCALE = 0.05
"""The smallest value that differences of bounded outputs are a share of."""


@dataclass(frozen=True)
class Difference:
    """The largest difference between two outputs.

    # Properties
        absolute: float.
        scale: float, the largest value of this output in all cases.
        unit: float, the value that counts as 1: the largest one; for a bounded output,
            at least `SMALLEST_SCALE`, and more where wide noise is rounded.
        output: str, the output's name.
        case: `Case`.
        row: int.
    """

    absolute: float
    scale: float
    unit: float
    output: str
    case: Case
    row: int

    @property
    def relative(self) -> float:
        """The difference as a share of the value that counts as 1."""
        if self.absolute == 0:
            return 0.0
        if self.unit == 0:
            return math.inf
        return self.absolute / self.unit

    def __str__(self) -> str:
        place = f"{self.output}, row {self.row} of {self.case}"
        return f"{self.absolute:.2g} of {self.scale:.3g} ({place})"


@dataclass(frozen=True)
class Comparison:
    """The result of a replay.

    # Properties
        largest: `Difference`.
        tolerance: float, the relative difference that is allowed.
        cases: list of `Case`.
        source: str, the model's backend.
        runtime: str, the name and version of the destination's library.
    """

    largest: Difference
    tolerance: float
    cases: list[Case]
    source: str
    runtime: str

    @property
    def agrees(self) -> bool:
        """Whether the outputs agree within the tolerance."""
        return self.largest.relative <= self.tolerance

    def __str__(self) -> str:
        batches = ", ".join(dict.fromkeys(case.kind for case in self.cases))
        sizes = dict.fromkeys(case.open_size for case in self.cases)
        if None not in sizes:
            batches += f", each with open sizes of {' and '.join(map(str, sizes))}"
        return (
            f"replayed: {batches}, on {self.source} and on {self.runtime}\n"
            f"largest difference: {self.largest}; allowed {self.tolerance:g}"
        )


@dataclass(frozen=True)
class Expectation:
    """Batches, and what a model computes for them.

    # Properties
        cases: list of `Case`.
        outputs: list with a list of arrays for each case.
        bounded: list of bools, whether an output is that of a `BOUNDED` function.
    """

    cases: list[Case]
    outputs: list[list[Array]]
    bounded: list[bool]


def bounded_outputs(model) -> list[bool]:
    """Returns for each output whether a `BOUNDED` function computes it."""
    layers, _, places = origins(model.outputs)
    return [_is_bounded(*origin) for origin in zip(layers, places)]


def _is_bounded(layer, place: int) -> bool:
    if isinstance(layer, Container):
        return bounded_outputs(layer)[place]
    activation = getattr(getattr(layer, "layer", layer), "activation", None)
    return getattr(activation, "__name__", "") in BOUNDED


def expectation_of(model, inputs: list[Array] | None = None) -> Expectation:
    """Computes what a model predicts.

    # Arguments
        model: the model; the states of its layers are reset before the first batch.
        inputs: list with an array for each input; by default, batches are drawn.

    # Raises
        ExportError: if the model can't compute any of the drawn batches, or computes
            something else each time.
    """
    model.reset_states()
    if inputs is None:
        expectation = _drawn(model)
    else:
        case = Case("the given inputs", inputs)
        outputs = [predicted(model, inputs)]
        expectation = Expectation([case], outputs, bounded_outputs(model))
    _check_repeatable(model, expectation)
    _check_finite(model, expectation.outputs)
    return expectation


def _drawn(model) -> Expectation:
    """Returns the drawn batches that the model takes, with the first open sizes."""
    expectation = Expectation([], [], bounded_outputs(model))
    sizes = set()
    failure = None
    for cases in drawn_cases(model):
        for case in cases:
            try:
                outputs = predicted(model, case.arrays)
            except OneirosError as error:
                failure = error
                continue
            expectation.cases.append(case)
            expectation.outputs.append(outputs)
            sizes.add(case.open_size)
        if len(sizes) == NB_OPEN_SIZES:
            break
    if not expectation.cases:
        raise ExportError(
            f"The model can't predict any of the inputs drawn for the replay: "
            f"{failure} Pass your own: inputs=[…], or --inputs FILE.npz."
        )
    return expectation


def predicted(model, arrays: list[Array]) -> list[Array]:
    """Returns the list of a model's outputs for a batch; stateful layers go on with the
    states that they have."""
    outputs = model.predict_on_batch(arrays)
    return outputs if isinstance(outputs, list) else [outputs]


def _check_repeatable(model, expectation: Expectation) -> None:
    model.reset_states()
    again = predicted(model, expectation.cases[0].arrays)
    pairs = zip(expectation.outputs[0], again)
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in pairs):
        raise ExportError(
            "The model predicts something else each time, so nothing can be compared: "
            "it draws random numbers, in a Lambda or in a layer of your own. Use "
            "K.in_train_phase(random, fixed), or export the part without them."
        )


def _check_finite(model, outputs: list[list[Array]]) -> None:
    """Refuses outputs without a number in any batch: nothing could be compared."""
    for place, name in enumerate(names_of(model.outputs)):
        arrays = [batch[place] for batch in outputs]
        is_empty = all(array.size == 0 for array in arrays)
        if not is_empty and not any(np.isfinite(array).any() for array in arrays):
            raise ExportError(
                f"The model computes only NaN or infinity for {name}, so nothing can "
                f"be compared. Check its weights, and the inputs if you passed any."
            )


def compared(
    model,
    expectation: Expectation,
    export: Export,
    path: Path,
    written: Written,
    tolerance: float,
) -> Comparison:
    """Computes a file's outputs with the destination's library, and compares.

    # Raises
        ExportError: if the library fails, or returns outputs of other shapes.
    """
    runtime, differences = replayed(expectation, export, path, written)
    if not differences:
        raise ExportError("The model has no output to compare.")
    return Comparison(
        largest=max(differences, key=lambda difference: difference.relative),
        tolerance=tolerance,
        cases=expectation.cases,
        source=backend_of(model).name,
        runtime=runtime,
    )


def replayed(
    expectation: Expectation, export: Export, path: Path, written: Written
) -> tuple[str, list[Difference]]:
    """Returns the name of the destination's library, and the largest difference of each
    output.

    # Raises
        ExportError: as for `compared`.
    """
    names = [port.name for port in written.inputs]
    inputs = [dict(zip(names, case.arrays, strict=True)) for case in expectation.cases]
    failure = f"{export.title} can't compute the outputs"
    runtime, results = call(export.runtime, [path, inputs], failure)
    differences = []
    for place, port in enumerate(written.outputs):
        expected = [arrays[place] for arrays in expectation.outputs]
        actual = [arrays[port.name] for arrays in results]
        is_bounded = expectation.bounded[place]
        found = _largest(port.name, is_bounded, expectation.cases, expected, actual)
        differences.append(found)
    return runtime, differences


def _largest(
    name: str,
    is_bounded: bool,
    cases: list[Case],
    expected: list[Array],
    actual: list[Array],
) -> Difference:
    finite = [np.abs(array[np.isfinite(array)]) for array in expected]
    scale = max(float(values.max(initial=0.0)) for values in finite)
    largest = Difference(0.0, scale, scale, name, cases[0], 0)
    for case, wanted, computed in zip(cases, expected, actual, strict=True):
        if wanted.shape != computed.shape:
            raise ExportError(
                f"{name} has the shape {computed.shape} there, and {wanted.shape} here "
                f"({case})."
            )
        by_row = _distances(wanted, computed).reshape(len(wanted), -1)
        if by_row.size == 0:
            continue
        unit = max(scale, SMALLEST_SCALE) * case.width if is_bounded else scale
        row = int(by_row.max(axis=1).argmax())
        found = Difference(float(by_row.max()), scale, unit, name, case, row)
        largest = max(largest, found, key=lambda difference: difference.relative)
    return largest


def _distances(expected: Array, actual: Array) -> Array:
    """Returns absolute differences: 0 where both are the same infinity or both are
    NaN, and infinity where only one of them is."""
    expected, actual = expected.astype("float64"), actual.astype("float64")
    is_same = (expected == actual) | (np.isnan(expected) & np.isnan(actual))
    with np.errstate(invalid="ignore"):
        differences = np.abs(expected - actual)
    differences[np.isnan(differences)] = np.inf
    return np.where(is_same, 0.0, differences)


# The report


@dataclass(frozen=True)
class Report:
    """What was written, and how far its outputs are from the model's.

    # Properties
        path: the file or folder.
        size: int, the bytes of it and of files beside it.
        written: `Written`, its inputs and outputs.
        left_out: list of str, the parts of the model that predictions don't need.
        comparison: `Comparison`, the result of the replay.
    """

    path: Path
    size: int
    written: Written
    left_out: list[str]
    comparison: Comparison

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.size:,} bytes, {self.written.summary}"]
        ends = [("input", port) for port in self.written.inputs]
        ends += [("output", port) for port in self.written.outputs]
        for state in self.written.states:
            ends += [("state", state.before), ("after", state.after)]
        width = max((len(port.name) for _, port in ends), default=0)
        for kind, port in ends:
            lines.append(f"{kind:<7} {port.name:<{width}}  {port}")
        lines.append(str(self.comparison))
        if self.left_out:
            lines.append(f"left out: {', '.join(self.left_out)}")
        lines += [f"note: {note}" for note in self.written.notes]
        return "\n".join(lines)


def size_of(path: Path) -> int:
    """Returns the bytes of a file, or of all files in a folder; 0 if there is none."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
