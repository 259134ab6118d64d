"""Layers of Keras 3 for layers here: the tables of `Keras2Layer`, read backwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros.errors import ConfigError

Arrays = list[np.ndarray[Any, Any]]
PACKAGE = "oneiros_keras3>"
"""What registered names in the module `oneiros_keras3` begin with."""
HARD_SIGMOID = "hard_sigmoid"
REGISTERED = {HARD_SIGMOID: f"{PACKAGE}{HARD_SIGMOID}"}
"""Functions that Keras 3 lacks, or has another one of the name, and their registered
names in the module `oneiros_keras3`."""
INITIALIZERS = {
    "glorot_normal": "glorot_normal",
    "glorot_uniform": "glorot_uniform",
    "he_normal": "he_normal",
    "he_uniform": "he_uniform",
    "lecun_uniform": "lecun_uniform",
    "normal": "random_normal",
    "one": "ones",
    "orthogonal": "orthogonal",
    "uniform": "random_uniform",
    "zero": "zeros",
}
"""Initializations here and the initializers there. Both are names; the weights of a
file come from neither."""
DATA_FORMATS = {"tf": "channels_last", "th": "channels_first"}


@dataclass(frozen=True)
class Keras3Layer:
    """A layer of Keras 3.

    # Properties
        class_name: str; the registered name of a class in `oneiros_keras3`.
        arguments: dict of plain data.
        arrays: list of arrays, its weights.
    """

    class_name: str
    arguments: dict[str, Any]
    arrays: Arrays


def argument_there(name: str, value: Any) -> Any:
    """Returns a value of an argument as Keras 3 takes it.

    # Arguments
        name: str, the argument's name in Keras 3.
        value: the value here.

    # Raises
        ConfigError: if there is no counterpart.
    """
    for suffix, converted in CONVERSIONS.items():
        if name.endswith(suffix):
            return converted(value)
    return list(value) if isinstance(value, tuple) else value


def _initializer(value: Any) -> Any:
    return INITIALIZERS.get(value, "zeros") if isinstance(value, str) else "zeros"


def _activation(value: Any) -> Any:
    if not isinstance(value, str):
        raise ConfigError(f"Keras 3 can't hold the activation {value!r:.80}.")
    return REGISTERED.get(value, value)


def _regularizer(value: Any) -> Any:
    if not value:
        return None
    factors = {key: float(value.get(key) or 0.0) for key in ("l1", "l2")}
    return {"class_name": "L1L2", "config": factors}


def _activity_regularizer(value: Any) -> Any:
    """Returns a penalty on an output; Keras 3 divides its own by the number of
    samples."""
    penalty = _regularizer(value)
    return penalty and {**penalty, "class_name": f"{PACKAGE}SummedL1L2"}


def _constraint(value: Any) -> Any:
    if not value:
        return None
    name = value["name"]
    names = CONSTRAINTS.get(name)
    if names is None:
        raise ConfigError(f"Keras 3 can't hold the constraint {name!r:.80}.")
    arguments = {there: value[here] for here, there in names.items() if here in value}
    return {"class_name": name, "config": arguments}


CONSTRAINTS: dict[str, dict[str, str]] = {
    "MaxNorm": {"m": "max_value", "axis": "axis"},
    "NonNeg": {},
    "UnitNorm": {"axis": "axis"},
}
"""Constraints, and their arguments here and there."""

CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "activation": _activation,
    "_initializer": _initializer,
    "activity_regularizer": _activity_regularizer,
    "_regularizer": _regularizer,
    "_constraint": _constraint,
    "data_format": lambda ordering: DATA_FORMATS[ordering],
}
"""By the ends of arguments' names in Keras 3, what converts their values."""
