"""Finds optimizers by name or configuration."""

from typing import Any

from oneiros.config import get_object
from oneiros.errors import ConfigError

from oneiros_optimizers.foreign import TFOptimizer, is_tensorflow_optimizer
from oneiros_optimizers.manifest import OPTIMIZERS
from oneiros_optimizers.optimizer import Optimizer


def optimizer_from_config(
    config: dict[str, Any], custom_objects: dict[str, Any] | None = None
):
    """Builds an optimizer from its configuration.

    # Arguments
        config: dict with the class under `class_name` (upper or lower case for standard
            ones) and its arguments under `config`.
        custom_objects: dict from names to the user's own classes.

    # Returns
        An optimizer.

    # Raises
        ConfigError: if the dict lacks one of the two.
        UnknownNameError: if no installed plugin provides the class.

    # Example
        ```python
        from oneiros.optimizers import optimizer_from_config

        sgd = optimizer_from_config({"class_name": "SGD", "config": {"lr": 0.5}})
        print(sgd.get_config())
        # {'lr': 0.5, 'decay': 0.0, 'momentum': 0.0, 'nesterov': False}
        ```
    """
    needed = {"class_name", "config"}
    if not isinstance(config, dict) or not needed <= config.keys():
        raise ConfigError(
            "An optimizer's configuration looks like "
            '{"class_name": "SGD", "config": {"lr": 0.01}}; '
            f"it received {config!r:.200}."
        )
    name = config["class_name"]
    if name not in OPTIMIZERS and str(name).lower() in OPTIMIZERS:
        config = {**config, "class_name": str(name).lower()}
    return get_object("optimizer", config, custom_objects=custom_objects)


def get(identifier: Any, kwargs: dict[str, Any] | None = None) -> Optimizer:
    """Returns the optimizer that `identifier` describes.

    # Arguments
        identifier: name, configuration dict, or optimizer; an optimizer of TensorFlow
            is returned as a `TFOptimizer`.
        kwargs: dict, arguments for a name.

    # Returns
        An optimizer; if you pass one, it is returned unchanged.

    # Raises
        UnknownNameError: if no installed plugin provides the name.
        ConfigError: for a number, a list or bytes.

    # Example
        ```python
        from oneiros import optimizers

        print(optimizers.get("sgd", {"lr": 0.5}).get_config()["lr"])  # 0.5
        ```
    """
    if is_tensorflow_optimizer(identifier):
        return TFOptimizer(identifier)
    optimizer: Optimizer = get_object(
        "optimizer", identifier, instantiate=True, kwargs=kwargs
    )
    return optimizer
