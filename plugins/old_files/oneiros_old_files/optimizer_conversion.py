"""Converts an optimizer's state along with the weights when kernels are flipped or
reordered."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros import backend as K

from oneiros_old_files.base import Arrays, Origin
from oneiros_old_files.weight_layouts import arranged

ByWeight = dict[int, Any]
"""One array per weight, by the weight's id."""


def followed(
    model: Any, converted: Any, follow: Callable[[ByWeight], ByWeight]
) -> Arrays | None:
    """Returns the state of a model's optimizer for a converted model.

    # Arguments
        model, converted: compiled models; they may be the same.
        follow: function from one array per trainable weight of `model` to the arrays
            for `converted`.

    # Returns
        None if the state isn't one array per weight, once or several times over.
    """
    params = model._collected_trainable_weights
    shapes = [tuple(K.get_variable_shape(param)) for param in params]
    count = len(params)
    values = model.optimizer.get_weights()
    state = list(itertools.takewhile(_is_number, values))
    for start in range(len(state), len(values), count or 1):
        series = values[start : start + count]
        if [value.shape for value in series] != shapes:
            return None
        by_weight = zip(map(id, params), series, strict=True)
        arrays = follow(dict(by_weight))
        state += [arrays[id(param)] for param in converted._collected_trainable_weights]
    return state


def _is_number(value: Any) -> bool:
    return np.ndim(value) == 0


def flipped(model: Any) -> Arrays | None:
    """Returns the state of a model's optimizer with flipped kernels, as for training on
    Theano."""

    def follow(arrays: ByWeight) -> ByWeight:
        flipped_arrays: ByWeight = {}
        for layer in model.weight_layers():
            weights = layer.trainable_weights
            named = [("", arrays[id(weight)]) for weight in weights]
            origin = Origin(engine="theano")
            laid_out = arranged(layer, named, origin, model.name, True)
            values = [value for _, value in laid_out]
            flipped_arrays.update(zip(map(id, weights), values, strict=True))
        return flipped_arrays

    return followed(model, model, follow)
