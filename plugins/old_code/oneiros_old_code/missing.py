"""Advice on names that a module of Keras doesn't have: where they are, or what to write
instead."""

from __future__ import annotations

import sys
from typing import Any

from oneiros import backend as K
from oneiros.plugins import manager

from oneiros_old_code.engine_modules import ENGINE_MODULES
from oneiros_old_code.later_names import replacement

FUNCTIONS_OF_KERAS_2 = {
    "conv2d_transpose": "K.deconv2d(x, kernel, output_shape)",
    "depthwise_conv2d": "K.separable_conv2d(x, depthwise_kernel, pointwise_kernel)",
    "image_data_format": "K.image_dim_ordering(): 'tf' is channels_last, 'th' "
    "channels_first",
    "set_image_data_format": "K.set_image_dim_ordering('tf') for channels_last, ('th') "
    "for channels_first",
}
"""Replacements for functions that Keras 2 added to `K`."""

OF_KERAS_0 = {
    "constraints.identity": "Leave the constraint out, or pass None",
    "layers.advanced_activations.ThresholdedLinear": (
        "Write Lambda(lambda x: x * K.cast(K.abs(x) > theta, K.floatx()))"
    ),
    "layers.core.Graph": "Write the graph with Input(…) and Model(input, output)",
    "layers.core.add_shared_layer": "Call the layer on each tensor",
    "layers.embeddings.WordContextProduct": (
        "Write merge([word, context], mode='dot') of two Embedding layers"
    ),
    "layers.recurrent.SimpleDeepRNN": (
        "Write a step with several past states as a class derived from Recurrent, or "
        "stack SimpleRNN(…, return_sequences=True)"
    ),
    "objectives.rmse": (
        "Write loss=lambda y_true, y_pred: K.sqrt(K.mean(K.square(y_pred - y_true), "
        "axis=-1)), or 'mse', which has the same minimum for each sample"
    ),
    "optimizers.kl_divergence": "Write from oneiros.objectives import kld",
    "regularizers.identity": "Leave the regularizer out, or pass None",
}
"""Replacements for names of earlier versions of Keras."""

OWN = "oneiros-old-code"
"""This distribution; the names that it adds to modules have their homes elsewhere."""


def missing_name(module: str, name: str) -> str:
    """Returns the end of a message about a name that a module doesn't have: where it
    is, or what Keras 1 has instead; nothing if neither is known.

    # Arguments
        module: str, the module's path, as `"oneiros.layers"`.
        name: str.
    """
    if module == "oneiros.backend":
        return _missing_in_backend(name)
    path = f"{module}.{name}".removeprefix("oneiros.")
    if path in OF_KERAS_0:
        return f", which is of Keras 0.x. {OF_KERAS_0[path]}."
    home = home_of(name)
    if home:
        return f". Type: from {home} import {name}"
    line = replacement(name)
    if line:
        return f". It is of Keras 2; in Keras 1, write {line}."
    return ""


def home_of(name: str) -> str:
    """Returns the path of the module that has a name, "" if none has it."""
    if name in sys.stdlib_module_names:
        return ""  # a module of Python that another has passed on
    for path, names in sorted(manager().modules.items(), key=_publicness):
        if any(entry.distribution != OWN for entry in names.get(name, ())):
            return f"oneiros.{path}"
    return ""


def _publicness(module: tuple[str, Any]) -> tuple[bool, str]:
    """Returns a key that sorts modules by path, those of the engine last."""
    path = module[0]
    return path.partition(".")[0] == "engine", path


def _missing_in_backend(name: str) -> str:
    for engine, modules in ENGINE_MODULES.items():
        if name in modules:
            return (
                f": it belongs to the backend {engine!r}, and the current one is "
                f"{K.backend()!r}. Write `with K.use({engine!r}):` around what needs "
                "it."
            )
    if name in FUNCTIONS_OF_KERAS_2:
        return f". It is of Keras 2. Write {FUNCTIONS_OF_KERAS_2[name]}."
    return ""
