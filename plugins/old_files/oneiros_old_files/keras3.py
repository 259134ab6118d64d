"""Layers of Keras 3 for layers here: the tables of `Keras2Layer`, read backwards.

Also: which names in files of Keras 3 mean something here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from oneiros import registry
from oneiros.config import known_objects
from oneiros.errors import ConfigError

from oneiros_old_files.rows import CONSTRAINTS, INITIALIZATIONS
from oneiros_old_files.rows import PACKAGE as PACKAGE

Arrays = list[np.ndarray]
Config = dict[str, Any]
"""Arguments of a layer, as plain data."""
HARD_SIGMOID = "hard_sigmoid"
REGISTERED = f"{PACKAGE}{HARD_SIGMOID}"
"""The registered name of Keras 1's function; Keras 3 has another one of the name."""
OF_KERAS3 = f"keras3_{HARD_SIGMOID}"
"""The name here of Keras 3's function, which oneiros-keras2 provides."""
INITIALIZERS = {here: there for there, here in reversed(INITIALIZATIONS.items())}
"""Initializations here and the initializers there. Both are names; the weights of a
file come from neither."""
MIXED = ("mixed_float16", "mixed_bfloat16")
"""Names of the policies to compute in one type, and to keep weights as float32."""
DOUBLE = "float64"
MODULES = ("keras", "keras.layers", "keras.models")
"""The modules that files give for layers and models of Keras."""
GRAPH_MODULE = "keras.src.models."
"""The beginning of the module that files give for functional models."""
OTHER_LOSSES = ("hinge", "squared_hinge")
"""Losses and metrics that Keras 3, and late releases of Keras 2, have under the names
of others of Keras 1."""
OPERATIONS = ("keras.src.ops.", "keras.src.activations.")
"""The beginnings of the modules that files give for operations on tensors."""
HARD_SIGMOID_THERE = (
    "Keras 3's 'hard_sigmoid' is relu6(x + 3) / 6, and Keras 1's is "
    "clip(0.2 x + 0.5, 0, 1): with the wrong one, the model predicts something else."
)
DATA_FORMATS = {"tf": "channels_last", "th": "channels_first"}
DIM_ORDERINGS = {there: here for here, there in DATA_FORMATS.items()}


@dataclass(frozen=True)
class Keras3Layer:
    """A layer of Keras 3.

    # Properties
        class_name: str; the registered name of a class in `oneiros_keras3`.
        arguments: dict of plain data.
        arrays: list of arrays, its weights.
        masked_class_name: str, the class for a layer that gets a mask; None if it is
            the same.
    """

    class_name: str
    arguments: Config
    arrays: Arrays
    masked_class_name: str | None = None


def argument_there(name: str, value):
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
    if isinstance(value, tuple):
        return list(value)
    return value


def _initializer(value):
    return INITIALIZERS.get(value, "zeros") if isinstance(value, str) else "zeros"


def _activation(value):
    if not isinstance(value, str):
        raise ConfigError(f"Keras 3 can't hold the activation {value!r:.80}.")
    there = {HARD_SIGMOID: REGISTERED, OF_KERAS3: HARD_SIGMOID}
    return there.get(value, value)


def _regularizer(value):
    if not value:
        return None
    factors = {}
    for key in ("l1", "l2"):
        factors[key] = float(value.get(key) or 0.0)
    return {"class_name": "L1L2", "config": factors}


def _activity_regularizer(value):
    """Returns a penalty on an output; Keras 3 divides its own by the number of
    samples."""
    penalty = _regularizer(value)
    return penalty and {**penalty, "class_name": f"{PACKAGE}SummedL1L2"}


def _constraint(value):
    if not value:
        return None
    name = value["name"]
    if name not in CONSTRAINTS:
        raise ConfigError(f"Keras 3 can't hold the constraint {name!r:.80}.")
    arguments = {}
    for there, here in CONSTRAINTS[name].items():
        if here in value:
            arguments[there] = value[here]
    return {"class_name": name, "config": arguments}


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "activation": _activation,
    "_initializer": _initializer,
    "activity_regularizer": _activity_regularizer,
    "_regularizer": _regularizer,
    "_constraint": _constraint,
    "data_format": lambda ordering: DATA_FORMATS.get(ordering, ordering),
}
"""By the ends of arguments' names in Keras 3, what converts their values."""


# Reading


def class_of(entry: Config) -> str:
    """Returns the name of the class of a layer's entry: of a class in `oneiros_keras3`,
    its registered name.

    # Raises
        ConfigError: if the class is neither Keras's nor in `oneiros_keras3`, whatever
            its name.
    """
    class_name = str(entry["class_name"])
    module = entry.get("module")
    registered = str(entry.get("registered_name"))
    if registered.startswith(PACKAGE):
        return registered
    if module in MODULES or str(module).startswith(GRAPH_MODULE):
        return class_name
    if "module" not in entry and "registered_name" not in entry:
        return class_name  # JSON in HDF5, which names no modules
    name = entry.get("name", entry["config"].get("name"))
    raise ConfigError(
        f"The layer {name!r} is of the class {class_name} of {module!r:.80}, and not "
        f"of Keras. Pass custom_objects={{{class_name!r}: YourClass}}; it receives the "
        "arguments as stored."
    )


def check_own(value) -> None:
    """Checks that a stored initializer, regularizer or constraint is Keras's own.

    # Raises
        ConfigError: if it is a class that somebody registered.
    """
    registered = value.get("registered_name") if isinstance(value, dict) else None
    if registered is None or str(registered).startswith(PACKAGE):
        return
    if value.get("class_name") not in known_objects():
        raise ConfigError(
            f"{registered!r:.80} isn't Keras's own. Pass "
            f"custom_objects={{{value.get('class_name')!r:.80}: YourClass}}."
        )


def name_here(activation) -> str:
    """Returns what an activation of Keras 3 is called here, whether it is here or
    not."""
    if not isinstance(activation, str):
        return ""
    names = {REGISTERED: HARD_SIGMOID, HARD_SIGMOID: OF_KERAS3}
    return names.get(activation, activation)


def activation_here(value):
    """Returns the name of an activation of Keras 3 here.

    # Arguments
        value: the name in the file, or None.

    # Raises
        ConfigError: if Keras 1 doesn't have the function, or has another one of the
            name.
    """
    if value is None or (isinstance(value, str) and value in known_objects()):
        return value
    if registry.find("activation", name_here(value)) is not None:
        return name_here(value)
    if value == HARD_SIGMOID:
        raise ConfigError(HARD_SIGMOID_THERE)
    name = value if isinstance(value, str) else "YourFunction"
    raise ConfigError(
        f"Keras 1 has no activation {value!r:.80}. If you have a function that "
        f"computes the same: load_model(path, custom_objects={{{name!r}: function}})."
    )
