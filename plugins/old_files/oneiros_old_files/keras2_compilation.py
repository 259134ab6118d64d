"""Converts compile arguments of Keras 2 to Keras 1."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

from oneiros import registry
from oneiros.config import known_objects
from oneiros.errors import ConfigError, OneirosError

from oneiros_old_files import keras3
from oneiros_old_files.base import MALFORMED, Config, Migration, Origin
from oneiros_old_files.keras2 import EXTENDED, first_possible, migration_of
from oneiros_old_files.parts import function_named, plain
from oneiros_old_files.rows import FUNCTIONS

OPTIMIZERS = {
    name.lower(): name
    for name in (
        *("Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "Ftrl", "Lion"),
        *("Nadam", "RMSprop", "SGD"),
    )
}
"""Optimizers, by the names that `compile` takes."""
RATE = 0.001
SGD_RATE = 0.01
EPSILON = 1e-7
"""The defaults of optimizers since Keras 2.4."""
WITHOUT_EPSILON = ("Ftrl", "Lion", "SGD")
CLASSES = {function: name for name, function in FUNCTIONS.items()}
"""Losses as functions here, and their classes there."""
INITIAL = "initial_accumulator_value"
"""An argument of TensorFlow's Adagrad."""
ACCURACY = ("accuracy", "acc")
"""What stands for the accuracy that suits an output."""
OF_WEIGHTS = None
"""In place of the origin of metrics that weights of samples affect: none do here."""
SINCE_2_11 = "use_ema"
"""An argument of every optimizer since Keras 2.11."""


@dataclass
class Compilation:
    """How a model of Keras 2 or 3 is compiled here.

    # Properties
        arguments: dict, the arguments of `compile`.
        left_out: list of the names of metrics without an equivalent.
    """

    arguments: Config
    left_out: list[str]


def stored_compilation(
    training_config: Config, origin: Origin, output_names: Iterable[str] = ()
) -> Compilation:
    """Returns how a model is compiled, from a `training_config` of Keras 2.

    # Arguments
        training_config: dict, as in the file.
        origin: `Origin`.
        output_names: the model's `output_names`.

    # Raises
        ConfigError: if the optimizer or a loss has no equivalent.
    """
    try:
        return _compilation(training_config, origin, list(output_names))
    except OneirosError:
        raise
    except MALFORMED as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(f"its training_config can't be read: {reason}.") from error


def _compilation(
    training_config: Config, origin: Origin, output_names: list[str]
) -> Compilation:
    loss = training_config.get("loss")
    chosen = training_config.get("optimizer_config")
    if isinstance(chosen, str):
        chosen = _optimizer_by_name(chosen)
    if not isinstance(chosen, dict):
        chosen = {}
    config = chosen.get("config")
    if not isinstance(config, dict) or not loss:
        raise ConfigError("its training_config lacks an optimizer or a loss.")
    if origin.keras > 2:
        keras3.check_own(chosen)
    left_out: list[str] = []
    metrics = _metrics(training_config.get("metrics"), origin, left_out)
    weighted = training_config.get("weighted_metrics")
    _metrics(weighted, OF_WEIGHTS, left_out)
    class_name = str(chosen.get("class_name"))
    arguments = {
        "optimizer": _optimizer(class_name, config, origin),
        "loss": _losses(loss, origin),
        "metrics": _by_output(metrics, output_names),
        "loss_weights": training_config.get("loss_weights"),
        "sample_weight_mode": training_config.get("sample_weight_mode"),
    }
    return Compilation(arguments, left_out)


def _optimizer_by_name(name: str) -> Config:
    """Returns the entry of an optimizer that was chosen by its name, as `.keras` files
    have it: Keras 2 and 3 have other defaults than Keras 1."""
    class_name = OPTIMIZERS.get(name.lower(), name)
    rate = SGD_RATE if class_name == "SGD" else RATE
    defaults = {"learning_rate": rate, SINCE_2_11: False}
    if class_name not in WITHOUT_EPSILON:
        defaults["epsilon"] = EPSILON
    return {"class_name": class_name, "config": defaults}


def _optimizer(class_name: str, config: Config, origin: Origin) -> Config:
    """Returns the entry of an optimizer here."""
    name = class_name.rpartition(">")[2]
    names = _candidates(name, config, origin)
    found = first_possible(names, origin, "optimizer", _reader(config))
    return found or {"class_name": name, "config": config}


def _reader(config: Config) -> Callable[[str, Migration], Config]:
    """Returns a function that reads an optimizer or a loss with these arguments."""

    def read(name: str, migration: Migration) -> Config:
        class_here, arguments = migration.translated(name, dict(config))
        return {"class_name": class_here, "config": arguments}

    return read


def _candidates(name: str, config: Config, origin: Origin) -> list[str]:
    """Returns the names of classes that may be an optimizer, the best one first."""
    names = [name, f"{EXTENDED}{name}"]
    migration = migration_of(name, origin)
    is_later = origin.keras > 2 or SINCE_2_11 in config or INITIAL in config
    if is_later and getattr(migration, "later_formula", False):
        names.reverse()
    return names


def _function(value, origin: Origin):
    """Converts a stored loss or metric to its name here."""
    value = plain(value)
    if origin.keras > 2:
        keras3.check_own(value)
    entry = value if isinstance(value, dict) else {"class_name": value}
    name = str(entry.get("class_name"))
    *_, last_name = name.split(">")
    function = function_named(last_name, entry.get("config") or {})
    if function is not None:
        value = name = function
    is_other = origin.converts_labels and name not in known_objects()
    if is_other and name in keras3.OTHER_LOSSES:
        raise ConfigError(
            f"its {name} takes targets of 0 for -1, which Keras 1's doesn't."
        )
    if isinstance(value, dict):
        raise ConfigError(
            f"it has the loss or metric {name!r}, which Keras 1 doesn't have."
        )
    if isinstance(value, str):
        return value.removeprefix(keras3.PACKAGE)
    return value


def _losses(value, origin: Origin):
    """Converts stored losses; one that is an object here becomes a list of it."""
    value = plain(value)
    if isinstance(value, (list, tuple)):
        return [_loss(item, origin) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _loss(item, origin) for key, item in value.items()}
    loss = _loss(value, origin)
    if isinstance(loss, dict):
        return [loss]
    return loss


def _loss(value, origin: Origin):
    """Converts a stored loss to a function's name, or to the entry of an object."""
    value = plain(value)
    reason = function = None
    try:
        function = _function(value, origin)
    except ConfigError as error:
        reason = error
    else:
        is_known = not isinstance(function, str) or function in known_objects()
        if is_known or registry.find("objective", function):
            return function
    entry = value if isinstance(value, dict) else {"class_name": value}
    *_, name = str(entry.get("class_name")).split(">")
    names = (name, f"{EXTENDED}{CLASSES.get(name, name)}")
    read = _reader(entry.get("config") or {})
    return first_possible(names, origin, "objective", read, reason) or function


def _metrics(value, origin: Origin | None, left_out: list[str]):
    """Converts stored metrics to their names here, inside their lists and dicts, and
    leaves out those without an equivalent.

    # Arguments
        value: what the file has.
        origin: `Origin`; None to leave out all.
        left_out: list to which the names of those are added.
    """
    value = plain(value)
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        found = [_metrics(item, origin, left_out) for item in value]
        if any(isinstance(item, list) for item in found):  # a list for each output
            return [item or [] for item in found]
        return [item for item in found if item is not None]
    if isinstance(value, dict) and "class_name" not in value:
        return {
            key: _metrics(item, origin, left_out) or [] for key, item in value.items()
        }
    with suppress(ConfigError):
        name = _function(value, origin) if origin else ""
        is_known = name in ACCURACY or name in known_objects()
        if is_known or registry.find("metric", name):
            return name
    left_out.append(_name_of(value))
    return None


def _name_of(value) -> str:
    """Returns the name of a stored metric, for messages."""
    if not isinstance(value, dict):
        return str(value)
    config = value.get("config")
    arguments = config if isinstance(config, dict) else {}
    if value.get("class_name") == "MeanMetricWrapper":
        return str(plain(arguments.get("fn")))
    return str(value.get("class_name"))


def _by_output(metrics, output_names: list[str]):
    """Returns metrics as one list for all outputs, or lists by the outputs' names;
    later versions of Keras 2 store a list of lists.

    # Raises
        ConfigError: if the outputs have other metrics, and no names of their own.
    """
    if not isinstance(metrics, list) or not metrics:
        return metrics
    if not all(isinstance(each, list) for each in metrics):
        return metrics
    if all(each == metrics[0] for each in metrics):
        return metrics[0]
    if len(set(output_names)) != len(metrics):
        raise ConfigError(
            f"it has metrics for {len(metrics)} outputs, and outputs of the names "
            f"{', '.join(output_names)}."
        )
    return dict(zip(output_names, metrics))
