"""Builds models from configurations, without weights: from dicts, JSON and YAML, and
for `load_model`."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros import load_context, registry
from oneiros.errors import ConfigError, FileFormatError, UnsafeFileError
from oneiros.load_context import MAX_PARAMETERS, BuildLimits
from oneiros_old_files import dim_ordering
from oneiros_old_files.configs import migrated
from oneiros_old_files.file_origin import origin_of
from oneiros_safe_files import clock, json_text
from oneiros_safe_files.budget import Budget, checked
from oneiros_safe_files.config_extent import check_extent
from oneiros_safe_files.model_state import ModelState

from oneiros_saving import missing_names
from oneiros_saving.caller_choices import CallerChoices, Objects, Plugins

WEIGHT_BYTES = 4
"""What a weight takes in memory."""
SPARE_PARAMETERS = 2**22
"""The number of scalars that a model may create beyond those in its file: the states of
recurrent layers."""


def model_from_config(
    config: dict[str, Any],
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
    budget: Budget | None = None,
) -> Any:
    """Builds a model, without weights, from `{"class_name": …, "config":
    model.get_config()}`.

    # Arguments
        config: dict as above.
        custom_objects, functions, plugins, budget: as for `load_model`. Limits that
            apply already take the place of the budget's.
    """
    limits = load_context.current().limits
    choices = CallerChoices(custom_objects, functions, plugins)
    if limits is not None and budget is None:
        return _built(config, choices, limits, "The configuration")
    with timed(budget, "The configuration"):
        return _built_within(budget, config, choices, "The configuration")


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
        json_string: str, or bytes in UTF-8.
        custom_objects, functions, plugins, budget: as for `load_model`.
    """
    choices = CallerChoices(custom_objects, functions, plugins)
    with timed(budget, "The JSON text"):
        text = _limited(json_string, budget, "The JSON text")
        config = json_text.loads_config(_decoded(text))
        return _built_within(budget, config, choices, "The JSON text")


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
        yaml_string: str, bytes in UTF-8, or a file that is open for reading.
        custom_objects, functions, plugins, budget: as for `load_model`.
    """
    choices = CallerChoices(custom_objects, functions, plugins)
    with timed(budget, "The YAML text"):
        text = _limited(_read(yaml_string), budget, "The YAML text")
        config = registry.resolve("format", "yaml")().loads(_decoded(text))
        return _built_within(budget, config, choices, "The YAML text")


def timed(budget: Budget | None, source: object) -> AbstractContextManager[None]:
    """Returns a context manager with the clock that a budget asks for."""
    seconds = checked(budget).seconds
    if seconds < math.inf:
        K.variable(0.0)  # imports the engine, which isn't the text's time
    return clock.running(seconds, source)


def _read(text: Any) -> Any:
    """Returns the text in an open file, or any other value as it is."""
    if not hasattr(text, "read"):
        return text
    try:
        return text.read()
    except (OSError, TypeError, ValueError) as error:
        raise ConfigError(f"{text!r:.80} can't be read: {error}.") from error


def _limited(text: Any, budget: Budget | None, source: str) -> Any:
    """Returns a text that is no longer than the budget allows, or any other value."""
    limit = checked(budget).text_bytes
    if isinstance(text, (str, bytes)) and len(text) > limit:
        raise UnsafeFileError(
            f"{source} has a length of {len(text):,}. The limit is {limit:,} "
            "(Budget.text_bytes). Nothing was built. If you trust it, pass a larger "
            f"limit: budget=oneiros.saving.Budget(text_bytes={len(text)})."
        )
    return text


def _decoded(text: Any) -> Any:
    """Returns bytes as a text, or any other value as it is."""
    if not isinstance(text, bytes):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"The text isn't UTF-8: {error.reason} at byte {error.start}. It begins "
            f"with {text!r:.80}."
        ) from None


def _built_within(
    budget: Budget | None, config: Any, choices: CallerChoices, source: str
) -> Any:
    check_extent(ModelState(model_config=config), budget, source)
    return _built(config, choices, limits_for(None, budget), source)


def limits_for(stored: int | None, budget: Budget | None = None) -> BuildLimits:
    """Returns the limits for building what a file or a text describes, unless the
    caller chose others with `parameter_budget`.

    # Arguments
        stored: int, the number of scalars in the weights that a file holds; None for a
            text.
        budget: the limits for a text.
    """
    around = load_context.current().limits or BuildLimits()
    parameters = around.parameters
    if stored is None:
        in_memory = checked(budget).array_bytes / WEIGHT_BYTES
        parameters = int(min(parameters, in_memory))
    elif parameters == MAX_PARAMETERS:
        parameters = stored + SPARE_PARAMETERS
    return BuildLimits(parameters, around.calls)


def _built(
    config: Any, choices: CallerChoices, limits: BuildLimits | None, source: str
) -> Any:
    state = ModelState(model_config=config if isinstance(config, dict) else None)
    origin = origin_of(state)
    with choices.in_force(limits, source):
        config_here = migrated(config, origin)
        choices.check_functions(config_here)
        missing_names.check(config_here)
        with dim_ordering.explained(config_here):
            model = configs.layer_from_config(config_here, choices.custom_objects)
        dim_ordering.warn_of_default(config_here, origin)
        return model


def checked_model(model: Any, source: Any) -> Any:
    """Returns a model; raises FileFormatError if a file's configuration describes a
    single layer."""
    if not hasattr(model, "_make_train_function"):
        raise FileFormatError(
            f"{source} holds a {type(model).__name__}, which isn't a model."
        )
    return model
