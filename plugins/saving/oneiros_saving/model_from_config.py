"""Builds models from configurations, without weights: from dicts, JSON and YAML, and
for `load_model`."""

from __future__ import annotations

from typing import Any

from oneiros import config as configs
from oneiros import load_context, registry
from oneiros.errors import FileFormatError
from oneiros_old_files import dim_ordering
from oneiros_old_files.configs import migrated
from oneiros_old_files.file_origin import origin_of
from oneiros_safe_files import json_text
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.config_extent import check_extent
from oneiros_safe_files.model_state import ModelState

from oneiros_saving import missing_names
from oneiros_saving.caller_choices import CallerChoices, Objects, Plugins


def model_from_config(
    config: dict[str, Any],
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
) -> Any:
    """Builds a model, without weights, from `{"class_name": …, "config":
    model.get_config()}`.

    # Arguments
        config: dict as above.
        custom_objects, functions, plugins: as for `load_model`.
    """
    choices = CallerChoices(custom_objects, functions, plugins)
    state = ModelState(model_config=config if isinstance(config, dict) else None)
    origin = origin_of(state)
    with choices.in_force(load_context.current().limits, "The configuration"):
        config_here = migrated(config, origin)
        choices.check_functions(config_here)
        missing_names.check(config_here)
        with dim_ordering.explained(config_here):
            model = configs.layer_from_config(config_here, custom_objects)
        dim_ordering.warn_of_default(config_here, origin)
        return model


def model_from_json(
    json_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
    budget: Budget | None = None,
) -> Any:
    """Builds a model, without weights, from the text that `model.to_json()` returned.

    # Arguments
        json_string: str.
        custom_objects, functions, plugins, budget: as for `load_model`.
    """
    config = json_text.loads_config(json_string)
    _check_extent(config, budget, "The JSON text")
    return model_from_config(config, custom_objects, functions, plugins=plugins)


def model_from_yaml(
    yaml_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
    budget: Budget | None = None,
) -> Any:
    """Builds a model, without weights, from the text that `model.to_yaml()` returned;
    needs a plugin for YAML.

    # Arguments
        yaml_string: str.
        custom_objects, functions, plugins, budget: as for `load_model`.
    """
    config = registry.resolve("format", "yaml")().loads(yaml_string)
    _check_extent(config, budget, "The YAML text")
    return model_from_config(config, custom_objects, functions, plugins=plugins)


def _check_extent(config: Any, budget: Budget | None, source: str) -> None:
    check_extent(ModelState(model_config=config), budget, source)


def checked_model(model: Any, source: Any) -> Any:
    """Returns a model; raises FileFormatError if a file's configuration describes a
    single layer."""
    if not hasattr(model, "_make_train_function"):
        raise FileFormatError(
            f"{source} holds a {type(model).__name__}, which isn't a model."
        )
    return model
