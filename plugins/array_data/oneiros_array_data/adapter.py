"""`ArrayAdapter`: from what users pass to a model's methods to arrays and streams."""

from __future__ import annotations

from typing import Any

import numpy as np
import oneiros
from oneiros import backend as K
from oneiros.arguments import label, refusal
from oneiros.engine.stream import Stream
from oneiros.errors import NotCompiledError

from oneiros_array_data import standardize, suspicious_targets
from oneiros_array_data.sample_weights import (
    standardize_class_weights,
    standardize_sample_weights,
    standardize_weights,
)
from oneiros_array_data.stream import ArrayStream

Arrays = list[Any]
UNSAID = [("batch_size", 32), ("validation_split", 0)]
"""What arguments are if nobody passes them."""
REMEDIES = {
    "batch_size": ": make them of that size",
    "sample_weight": ": let them be (x, y, sample_weight)",
    "validation_split": ": pass validation_data",
    "y": ": let them be (x, y)",
}
"""What to do in the place of passing an argument beside a stream."""


def _with_axes_of(target: Any, placeholder: Any) -> Any:
    """Returns targets `(n, 1)` as `(n,)` for an output that has no more axes."""
    if K.ndim(placeholder) == 1 and target.shape[1:] == (1,):
        return np.asarray(target)[:, 0]
    return target


class ArrayAdapter:
    """Checks data against a model, and makes it into what the model's functions take.

    # Arguments
        model: the `Model`.

    # Properties
        warns_of_targets: bool, whether a warning of targets that don't suit their loss
            is still to be given, which happens once.
    """

    warns_of_targets = True

    def __init__(self, model: Any) -> None:
        self.model = model

    def gives_batches(self, x: Any, **others: Any) -> bool:
        """Returns whether `x` isn't data, but a stream, which has batches.

        # Arguments
            others: arguments beside `x`, which a stream leaves nothing to say for.

        # Raises
            ArgumentError: if `x` is a stream and one of the others isn't its default.
        """
        if not standardize.gives_batches(x):
            return False
        for name, value in others.items():
            if value is not None and (name, value) not in UNSAID:
                expected = f"nothing where x gives batches{REMEDIES[name]}"
                raise refusal(self.model, name, value, expected)
        return True

    def inputs(self, x: Any, kind: str = "model") -> Arrays:
        """Returns a user's inputs as a list of arrays, checked.

        # Arguments
            x: array, list of arrays, or dict by input name.
            kind: str, what the data is of, for messages.
        """
        model = self.model
        arrays = standardize.standardize_input_data(
            x, model.input_names, model.internal_input_shapes, False, f"{kind} input"
        )
        arrays = [
            standardize.with_rows(array, K.is_sparse(x), f"{kind} input {name!r}")
            for array, x, name in zip(
                arrays, model.inputs, model.input_names, strict=True
            )
        ]
        standardize.check_array_lengths(arrays, [], [])
        return arrays

    def user_data(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: Any = None,
        kind: str = "model",
    ) -> Arrays:
        """Returns a user's inputs, targets and weights as one list of arrays, checked,
        in the order in which the functions take them.

        # Arguments
            x, y, sample_weight, class_weight: as in `Model.fit`.
            kind: str, what the data is of, for messages.
        """
        model = self.model
        if not hasattr(model, "loss_functions"):
            raise NotCompiledError(
                f"{label(model)} isn't compiled. Type: model.compile('sgd', loss='mse')"
            )
        names = model.output_names
        inputs = self.inputs(x, kind)
        targets = standardize.standardize_input_data(
            y, names, None, False, f"{kind} target"
        )
        standardize.check_loss_and_target_compatibility(
            targets, model.loss_functions, self._target_shapes(), names
        )
        targets = [
            standardize.with_rows(array, K.is_sparse(x), f"{kind} target {name!r}")
            for array, x, name in zip(targets, model.targets, names, strict=True)
        ]
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
        if self.warns_of_targets:
            self.warns_of_targets = suspicious_targets.are_plausible(model, targets)
        return inputs + targets + sample_weights

    def _target_shapes(self) -> list[Any]:
        """Returns the shapes that targets must have; a model that someone compiled in
        another way takes any."""
        any_shape = [None] * len(self.model.loss_functions)
        return getattr(self.model, "target_shapes", any_shape)

    def validation_source(self, validation_data: Any) -> Any:
        """Returns what to validate on: a list of arrays, which is empty for None, or an
        object that gives batches as it is."""
        if validation_data is None:
            return []
        if standardize.gives_batches(validation_data):
            return validation_data
        is_tuple = isinstance(validation_data, (list, tuple))
        if not is_tuple or len(validation_data) not in (2, 3):
            expected = "(x, y) or (x, y, sample_weight)"
            raise refusal(self.model, "validation_data", validation_data, expected)
        x, y = validation_data[:2]
        sample_weight = validation_data[2] if len(validation_data) == 3 else None
        return self.user_data(x, y, sample_weight, kind="validation")

    def split(self, arrays: Arrays, fraction: Any) -> tuple[Arrays, Arrays]:
        """Cuts arrays in the part to train on and the part to validate on.

        # Arguments
            fraction: float in [0, 1), the part at the end to validate on.
        """
        is_number = hasattr(fraction, "__float__")
        if is_number and fraction == 0:
            return arrays, []
        size = arrays[0].shape[0]
        cut = 0
        if is_number and 0 <= fraction < 1:
            cut = int(size * (1.0 - fraction))
        if not 0 < cut < size:
            expected = f"a part in [0, 1) that cuts {size} samples"
            raise refusal(self.model, "validation_split", fraction, expected)
        before = standardize.slice_X(arrays, 0, cut)
        after = standardize.slice_X(arrays, cut, size)
        return before, after

    def stream(
        self, use: str, source: Any, batch_size: int, once: bool = False
    ) -> Stream:
        """Returns the stream over a list of arrays, or over an object whose items are
        batches.

        # Arguments
            use: `"train"`, `"test"` or `"predict"`.
            once: bool, whether it is gone over once.
        """
        if isinstance(source, list):
            return ArrayStream(self.model, use, source, batch_size, once)
        batches: Stream = oneiros.generators.batches(self.model, source, use)
        return batches
