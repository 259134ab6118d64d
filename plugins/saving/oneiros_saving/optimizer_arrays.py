"""What an optimizer keeps for each weight goes the way of the weight when kernels are
turned or reordered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros_old_files.base import Arrays, Origin

from oneiros_saving.layouts import arranged

ByWeight = dict[int, Any]


def inner(model: Any) -> Any:
    """Returns the model that computes: the one inside a compiled `Sequential`."""
    return getattr(model, "model", None) or model


def followed(
    model: Any, found: Any, follow: Callable[[ByWeight], ByWeight]
) -> Arrays | None:
    """Returns the state of a model's optimizer for a converted model.

    # Arguments
        model, found: compiled models, the original and the converted one; they may be
            the same.
        follow: function from one array for each trainable weight of `model`, by the
            weight's identity, to those of `found`.

    # Returns
        None if the state isn't one array for each weight, once or several times over.
    """
    values, params = (
        model.optimizer.get_weights(),
        inner(model)._collected_trainable_weights,
    )
    first = next((i for i, value in enumerate(values) if np.ndim(value)), len(values))
    shapes = [tuple(K.get_variable_shape(param)) for param in params]
    after = list(values[:first])
    for start in range(first, len(values), len(params) or 1):
        series = values[start : start + len(params)]
        if [value.shape for value in series] != shapes:
            return None
        arrays = follow(dict(zip(map(id, params), series, strict=True)))
        after += [
            arrays[id(param)] for param in inner(found)._collected_trainable_weights
        ]
    return after


def turned(model: Any) -> Arrays | None:
    """Returns the state of a model's optimizer with kernels turned round, as for
    training on Theano."""

    def follow(arrays: ByWeight) -> ByWeight:
        after: ByWeight = {}
        for layer in model._weight_layers():
            named = [("", arrays[id(weight)]) for weight in layer.trainable_weights]
            found = arranged(
                layer, named, Origin(engine="theano"), model.name, trainable=True
            )
            after.update(
                zip(
                    map(id, layer.trainable_weights),
                    (value for _, value in found),
                    strict=True,
                )
            )
        return after

    return followed(model, model, follow)
