"""Turns the data that a model's methods receive into the arrays of its functions."""

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.arguments import label, refusal
from oneiros.errors import NotCompiledError

from oneiros_training.advice import are_plausible
from oneiros_training.arrays import standardize
from oneiros_training.arrays.sample_weights import (
    standardize_class_weights,
    standardize_sample_weights,
    standardize_weights,
)

Arrays = list[Any]
DEFAULTS = [("batch_size", 32), ("validation_split", 0)]
"""The default values of arguments."""
REMEDIES = {
    "batch_size": ": make batches of that size",
    "sample_weight": ": let it yield (x, y, sample_weight)",
    "validation_split": ": pass validation_data",
    "y": ": let it yield (x, y)",
}
"""What to do instead of passing an argument together with a stream."""


def _with_axes_of(target, placeholder):
    """Returns targets `(n, 1)` as `(n,)` for an output without more axes."""
    if K.ndim(placeholder) == 1 and target.shape[1:] == (1,):
        return np.asarray(target)[:, 0]
    return target


def is_stream(model, x, **others) -> bool:
    """Returns whether `x` is a stream of batches instead of data.

    # Arguments
        others: other arguments, which can't be combined with a stream.

    # Raises
        ArgumentError: if `x` is a stream and one of the others isn't its default.
    """
    if not standardize.gives_batches(x):
        return False
    for name, value in others.items():
        if value is not None and (name, value) not in DEFAULTS:
            expected = f"no value, because x yields batches{REMEDIES[name]}"
            raise refusal(model, name, value, expected)
    return True


def check_compiled(model) -> None:
    """Raises a NotCompiledError if a model isn't compiled."""
    if not hasattr(model, "loss_functions"):
        raise NotCompiledError(
            f"{label(model)} isn't compiled. Type: model.compile('sgd', loss='mse')"
        )


def input_arrays(model, x, kind: str = "model") -> Arrays:
    """Checks a user's inputs and returns them as a list of arrays.

    An array like the last one isn't checked again: if it were, `predict` of one row
    would take 1.3 times as long on JAX (`benchmarks/mechanisms.py accepted_form`).

    # Arguments
        x: array, list of arrays, or dict by input name.
        kind: str, a description of the data for messages.
    """
    form = None
    if type(x) is np.ndarray:
        form = (x.shape, x.dtype, *model.internal_input_shapes)
        if form == model.accepted_form:
            return [x]
    arrays = standardize.standardize_input_data(
        x, model.input_names, model.internal_input_shapes, False, f"{kind} input"
    )
    arrays = _with_rows(arrays, model.inputs, model.input_names, f"{kind} input")
    standardize.check_array_lengths(arrays, [], [])
    if arrays[0] is x:
        model.accepted_form = form
    return arrays


def all_arrays(
    model, x, y, sample_weight=None, class_weight=None, kind: str = "model"
) -> Arrays:
    """Checks a user's inputs, targets and weights, and returns them as one list of
    arrays, in the order of the functions' inputs.

    # Arguments
        x, y, sample_weight, class_weight: as in `Model.fit`.
        kind: str, a description of the data for messages.
    """
    check_compiled(model)
    names = model.output_names
    inputs = input_arrays(model, x, kind)
    targets = standardize.standardize_input_data(
        y, names, None, False, f"{kind} target"
    )
    losses = model.loss_functions
    # A model that was compiled in another way accepts targets of any shape.
    shapes = getattr(model, "target_shapes", [None] * len(losses))
    standardize.check_loss_and_target_compatibility(targets, losses, shapes, names)
    targets = _with_rows(targets, model.targets, names, f"{kind} target")
    targets = list(map(_with_axes_of, targets, model.targets))
    sample_weights = list(
        map(
            standardize_weights,
            targets,
            standardize_sample_weights(sample_weight, names),
            standardize_class_weights(class_weight, names),
            model.sample_weight_modes,
        )
    )
    standardize.check_array_lengths(inputs, targets, sample_weights)
    if model.target_checks_left:
        model.target_checks_left -= 1
        if not are_plausible(model, targets):
            model.target_checks_left = 0
    return inputs + targets + sample_weights


def _with_rows(
    arrays: Arrays, tensors: list[Any], names: list[str], kind: str
) -> Arrays:
    """Returns arrays, and sparse matrices for sparse tensors, in a form that has
    rows."""
    return [
        standardize.with_rows(array, K.is_sparse(tensor), f"{kind} {name!r}")
        for array, tensor, name in zip(arrays, tensors, names, strict=True)
    ]


def validation_source(model, validation_data):
    """Returns validation data as a list of arrays; a stream, or None, unchanged."""
    if validation_data is None or standardize.gives_batches(validation_data):
        return validation_data
    is_tuple = isinstance(validation_data, (list, tuple))
    if not is_tuple or len(validation_data) not in (2, 3):
        expected = "(x, y) or (x, y, sample_weight)"
        raise refusal(model, "validation_data", validation_data, expected)
    x, y = validation_data[:2]
    sample_weight = validation_data[2] if len(validation_data) == 3 else None
    return all_arrays(model, x, y, sample_weight, kind="validation")


def split(model, arrays: Arrays, fraction) -> tuple[Arrays, Arrays]:
    """Splits arrays into training and validation data.

    # Arguments
        fraction: float in [0, 1), the fraction at the end to use for validation.
    """
    is_number = hasattr(fraction, "__float__")
    if is_number and fraction == 0:
        return arrays, []
    size = arrays[0].shape[0]
    cut = 0
    if is_number and 0 <= fraction < 1:
        cut = int(size * (1.0 - fraction))
    if not 0 < cut < size:
        expected = f"a fraction in [0, 1) that splits {size} samples"
        raise refusal(model, "validation_split", fraction, expected)
    before = standardize.slice_X(arrays, 0, cut)
    after = standardize.slice_X(arrays, cut, size)
    return before, after
