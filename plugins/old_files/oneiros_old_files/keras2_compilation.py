"""Converts compile arguments of Keras 2 to Keras 1."""

from collections.abc import Iterable

from oneiros.config import known_objects
from oneiros.errors import ConfigError, OneirosError

from oneiros_old_files import keras3
from oneiros_old_files.base import MALFORMED, Config, Origin
from oneiros_old_files.keras2 import migration_of
from oneiros_old_files.parts import function_named, plain

OPTIMIZERS = {
    name.lower(): name
    for name in (
        *("Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "Ftrl", "Nadam"),
        *("RMSprop", "SGD"),
    )
}
"""Optimizers, by the names that `compile` takes."""
RATE = 0.001
SGD_RATE = 0.01
EPSILON = 1e-7
"""The defaults of optimizers since Keras 2.4."""


def compile_arguments(
    training_config: Config, origin: Origin, output_names: Iterable[str] = ()
) -> Config:
    """Returns the arguments of `compile` for a `training_config` of Keras 2.

    # Arguments
        training_config: dict, as in the file.
        origin: `Origin`.
        output_names: the model's `output_names`.

    # Raises
        ConfigError: if a part of it has no equivalent.
    """
    try:
        return _arguments(training_config, origin, list(output_names))
    except OneirosError:
        raise
    except MALFORMED as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(f"its training_config can't be read: {reason}.") from error


def _arguments(
    training_config: Config, origin: Origin, output_names: list[str]
) -> Config:
    loss = training_config.get("loss")
    chosen = training_config.get("optimizer_config")
    if isinstance(chosen, str):
        chosen = _optimizer_by_name(chosen)
    config = chosen.get("config") if isinstance(chosen, dict) else None
    if not isinstance(chosen, dict) or not isinstance(config, dict) or not loss:
        raise ConfigError("its training_config lacks an optimizer or a loss.")
    if origin.keras > 2:
        keras3.check_own(chosen)
    if training_config.get("weighted_metrics"):
        raise ConfigError("it has weighted_metrics, which Keras 1 doesn't have.")
    metrics = _function(training_config.get("metrics"), origin)
    return {
        "optimizer": _optimizer(str(chosen.get("class_name")), config, origin),
        "loss": _function(loss, origin),
        "metrics": _by_output(metrics, output_names),
        "loss_weights": training_config.get("loss_weights"),
        "sample_weight_mode": training_config.get("sample_weight_mode"),
    }


def _optimizer_by_name(name: str) -> Config:
    """Returns the entry of an optimizer that was chosen by its name, as `.keras` files
    have it: Keras 2 and 3 have other defaults than Keras 1."""
    class_name = OPTIMIZERS.get(name.lower(), name)
    rate = SGD_RATE if class_name == "SGD" else RATE
    defaults = {"learning_rate": rate}
    if class_name != "SGD":
        defaults["epsilon"] = EPSILON
    return {"class_name": class_name, "config": defaults}


def _optimizer(class_name: str, config: Config, origin: Origin) -> Config:
    name = class_name.rpartition(">")[2]
    arguments = dict(config)
    migration = migration_of(name, origin)
    if migration is not None:
        name, arguments = migration.translated(name, arguments)
    for argument, value in arguments.items():
        if isinstance(value, (list, dict)):
            raise ConfigError(
                f"its optimizer {name} has {argument}={value!r:.80}, which isn't a "
                f"number."
            )
    return {"class_name": name, "config": arguments}


def _function(value, origin: Origin):
    """Converts stored losses or metrics to their names here, inside their lists and
    dicts."""
    value = plain(value)
    if isinstance(value, (list, tuple)):
        return [_function(item, origin) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _function(item, origin) for key, item in value.items()}
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
            f"its {name} takes targets of 0 for -1, which Keras 1's doesn't. Compile "
            "the model again, and pass targets of -1 and 1."
        )
    if isinstance(value, dict):
        raise ConfigError(
            f"it has the loss or metric {name!r}, which Keras 1 doesn't have."
        )
    if isinstance(value, str):
        return value.removeprefix(keras3.PACKAGE)
    return value


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
