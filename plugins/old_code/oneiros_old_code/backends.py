"""Names that code of 2016 reads from `keras.backend` and its submodules: `K.tf`,
`K.np`, `K._BACKEND`, `keras.backend.tensorflow_backend`."""

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros.errors import PluginLoadError
from oneiros.user_warnings import warn

from oneiros_old_code import tensorflow_helpers, theano_helpers, weight_ordering

ENGINE_MODULES: dict[str, dict[str, tuple[str, ...]]] = {
    "theano": {
        "T": ("theano.tensor", "pytensor.tensor"),
        "theano": ("theano", "pytensor"),
    },
    "tensorflow": {"tf": ("tensorflow:compat.v1",)},
    "jax": {"jax": ("jax",), "jnp": ("jax.numpy",)},
}
"""Names of engines' modules in the modules of backends, and the modules that they may
stand for: the first that is installed. `tf` is what TensorFlow 1 was; `theano` is
there with the plugin `oneiros-theano-namespace`."""
PARTS: dict[str, dict[str, str]] = {
    "theano": {
        "RandomStreams": "theano.sandbox.rng_mrg:MRG_RandomStreams",
        "ifelse": "theano.ifelse:ifelse",
        "pool": "theano.tensor.signal:pool",
        "th_sparse_module": "theano:sparse",
    },
    "tensorflow": {
        "control_flow_ops": "tensorflow.python.ops:control_flow_ops",
        "ctc": "tensorflow.python.ops:ctc_ops",
        "functional_ops": "tensorflow.python.ops:functional_ops",
        "moving_averages": "tensorflow.python.training:moving_averages",
        "tensor_array_ops": "tensorflow.python.ops:tensor_array_ops",
    },
}
"""Names that the backend modules had imported from engines, but didn't export."""
HELPERS: dict[str, ModuleType] = {
    "theano": theano_helpers,
    "tensorflow": tensorflow_helpers,
}
"""Private helpers of the backend modules."""
GRAPH_STATE: dict[str, Callable[[], Any]] = {
    "_LEARNING_PHASE": K.learning_phase,
    "_SESSION": K.get_session,
}
"""Variables of the backend modules, and the functions that return their values."""

RENAMED = {"pack": "stack"}
"""Functions of `K` in Keras 1.0 and 1.1, and their current names."""

PASSED_ON = {"json": json, "np": np, "os": os, "py_all": all, "sys": sys}
"""Names that were visible in Keras 1's backend modules because they imported them."""

SETTINGS: dict[str, Callable[[], Any]] = {
    "_BACKEND": K.backend,
    "_backend": K.backend,
    "_EPSILON": K.epsilon,
    "_epsilon": K.epsilon,
    "_FLOATX": K.floatx,
    "_floatx": K.floatx,
    "_IMAGE_DIM_ORDERING": K.image_dim_ordering,
}
"""Variables of Keras 1's modules, and the functions that return their values."""


def backend_name(name: str):
    """Returns the object behind a name in `keras.backend` that isn't a function of `K`.

    # Raises
        AttributeError: for the module of an engine that isn't the current one, and for
            any other name.
    """
    modules = ENGINE_MODULES.get(K.backend(), {})
    if name == "__all__":
        return [*PASSED_ON, *modules]
    if name in modules:
        return _first_installed(modules[name])
    if name in RENAMED:
        warn(f"K.{name} is called K.{RENAMED[name]} since Keras 1.2: write that.")
        return getattr(K, RENAMED[name])
    return _common_name("oneiros.backend", name)


def _first_installed(paths: Sequence[str]):
    """Returns the first of several modules that can be imported."""
    *others, last = paths
    for path in others:
        with suppress(ModuleNotFoundError):
            return _module(path)
    return _module(last)


def _module(path: str):
    """Returns a module, or its attribute after a colon."""
    module, _, attribute = path.partition(":")
    imported = import_module(module)
    return attrgetter(attribute)(imported) if attribute else imported


def common_name(name: str):
    """Returns the value of a variable of `keras.backend.common`."""
    return [] if name == "__all__" else _common_name("oneiros.backend.common", name)


def theano_backend(name: str):
    """Returns the object behind a name in `keras.backend.theano_backend`."""
    return _name_on("theano", name)


def tensorflow_backend(name: str):
    """Returns the object behind a name in `keras.backend.tensorflow_backend`."""
    return _name_on("tensorflow", name)


def _name_on(engine: str, name: str):
    """Returns the object behind a name in a backend's module: a function of that
    backend, even if it isn't the current one."""
    with K.use(engine):
        if name == "__all__":
            return [*K.__all__, *PASSED_ON, *ENGINE_MODULES[engine]]
        if name in PARTS[engine]:
            return _part(engine, name)
        if name in GRAPH_STATE:
            return GRAPH_STATE[name]()
        helper = getattr(HELPERS[engine], name, None)
        if helper is not None and name.startswith("_"):
            return helper
        own = getattr(K.current(), name, None)
        return getattr(K, name) if own is None else own


def _part(engine: str, name: str):
    """Returns a part of an engine.

    # Raises
        PluginLoadError: if it isn't installed.
    """
    path, _, attribute = PARTS[engine][name].partition(":")
    try:
        return _module(PARTS[engine][name])
    except ModuleNotFoundError as error:
        raise PluginLoadError(
            f"{name} is {path}.{attribute}, and {error.name} isn't installed. Type: "
            f"pip install 'oneiros[{engine}]'"
        ) from None


def _common_name(module: str, name: str):
    if name.endswith("legacy_weight_ordering"):
        return getattr(weight_ordering, name)
    if name in PASSED_ON:
        return PASSED_ON[name]
    if name in SETTINGS:
        return SETTINGS[name]()
    raise AttributeError(f"module {module!r} has no attribute {name!r}")
