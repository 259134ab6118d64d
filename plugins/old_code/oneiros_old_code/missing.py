"""What may have been meant by a name that a module of Keras doesn't have."""

from __future__ import annotations

from oneiros.plugins import manager

KERAS_2 = {
    "Add": "merge(tensors, mode='sum')",
    "Average": "merge(tensors, mode='ave')",
    "Concatenate": "merge(tensors, mode='concat')",
    "Dot": "merge(tensors, mode='dot')",
    "Maximum": "merge(tensors, mode='max')",
    "Multiply": "merge(tensors, mode='mul')",
    "add": "merge(tensors, mode='sum')",
    "average": "merge(tensors, mode='ave')",
    "concatenate": "merge(tensors, mode='concat')",
    "dot": "merge(tensors, mode='dot')",
    "maximum": "merge(tensors, mode='max')",
    "multiply": "merge(tensors, mode='mul')",
    "Conv1D": "Convolution1D",
    "Conv2D": "Convolution2D",
    "Conv2DTranspose": "Deconvolution2D",
    "Conv3D": "Convolution3D",
    "SeparableConv2D": "SeparableConvolution2D",
    "to_categorical": "np_utils.to_categorical",
    "plot_model": "visualize_util.plot",
    "initializers": "initializations",
    "losses": "objectives",
    "Initializer": "a function of a shape, as in initializations",
}
"""What Keras 1 has for names of Keras 2."""


OWN = "oneiros-old-code"
"""This distribution, whose names other modules have only passed on."""


def missing_name(name: str) -> str:
    """Returns the end of a message about a name that a module of Keras doesn't have:
    where it is, or what Keras 1 has instead; nothing if neither is known."""
    for path, names in sorted(manager().modules.items()):
        if any(entry.distribution != OWN for entry in names.get(name, ())):
            return f". Type: from oneiros.{path} import {name}"
    if name in KERAS_2:
        return f". It is of Keras 2; Keras 1 has {KERAS_2[name]}."
    return ""
