"""Loading: a file's plain data becomes a model again.

Everything is checked before anything is changed. What the caller supplies, and what the
file may ask for, is one `LoadContext`, in force while the model is built.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros import load_context, plugins, registry
from oneiros.backend.dispatch import backend_of
from oneiros.errors import ArgumentError, ConfigError, FileFormatError, OneirosError
from oneiros.load_context import BuildLimits, LoadContext
from oneiros_backend_toolkit.arrays import donated
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_initializations.postponed import Postponed
from oneiros_old_files.base import Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.dim_ordering import without_dim_ordering
from oneiros_safe_files import json_text
from oneiros_safe_files.budget import Budget

from oneiros_saving import files, installed_formats, keras2_training, provenance
from oneiros_saving.file_origin import origin_of
from oneiros_saving.formats import ModelState
from oneiros_saving.matching import matched_pairs
from oneiros_saving.model_parts import (
    checked_model,
    make_optimizer_state,
)
from oneiros_saving.optimizer_state import restore
from oneiros_saving.permission import Permission
from oneiros_saving.references import layers
from oneiros_saving.saving import COMPILED

Objects = dict[str, Any] | None
PathLike = str | os.PathLike[str]
Plugins = str | Iterable[str]

SPARE_PARAMETERS = 2**22
"""Scalars that a model may make beyond those that its file holds: the states of
recurrent layers."""

DEFAULT_ORDERING = "tf"
"""The `dim_ordering` of Keras 1.2.2 where nothing else is set."""

SHOWN_PATHS = 5
"""So many unknown groups and arrays of a file are listed."""


def load_model(
    filepath: PathLike,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    budget: Budget | None = None,
    trained_on: str | None = None,
    plugins: Plugins = "installed",
) -> Any:
    """Loads a model that `save_model`, Keras 1 or Keras 2 saved, and compiles it if it
    was compiled.

    # Arguments
        filepath: path.
        custom_objects: dict from names in the file to classes and functions of your
            own.
        functions: dict from layer name to the function of a `Lambda` or `Merge` layer,
            which no file holds.
        budget: `oneiros.saving.Budget`, what reading the file may cost.
        trained_on: `"theano"` or `"tensorflow"`, where the weights' names don't tell:
            kernels of convolutions trained on Theano are flipped, as convolution here
            is TensorFlow's.
        plugins: which plugins the file may have imported: `"installed"`, `"loaded"`
            (what is imported already), or a list of distributions from which more may
            be; Oneiros' own always. The logger `oneiros` tells which were.

    # Raises
        FileMissingError, FileFormatError: if there is no file, or it holds no whole
            model.
        ConfigError: if a model of Keras 2 has what Keras 1 can't do; it names the layer
            and the argument.
        UnsafeFileError: if the file asks for something that loading doesn't do.
    """
    permission = Permission(plugins)
    supplied = _checked_supplies(custom_objects, functions)
    with opened(filepath, budget) as state:
        if state.model_config is None:
            raise FileFormatError(
                f"{filepath} holds only weights: build the model and "
                f"load_weights(path)."
            )
        origin = origin_of(state, trained_on)
        context = _context(*supplied, permission, _limits_for(state))
        with load_context.entered(context), permission.logged(filepath):
            postponed = Postponed()
            with load_context.changed(postponed=postponed):
                model = _built(state, origin, filepath, functions)
            with K.use(backend_of(model)):
                _fill(model, state, origin, filepath, postponed)
                _restore_training(model, state, origin, filepath)
    _tell_loaded(model, filepath)
    return model


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
    permission = Permission(plugins)
    supplied = _checked_supplies(custom_objects, functions)
    state = ModelState(model_config=config if isinstance(config, dict) else None)
    origin = origin_of(state)
    context = _context(*supplied, permission, load_context.current().limits)
    with load_context.entered(context), permission.logged("The configuration"):
        migrated_config = migrated(config, origin)
        _check_functions(functions, migrated_config)
        provenance.check(migrated_config)
        with _explaining_dim_ordering(migrated_config):
            model = configs.layer_from_config(migrated_config, custom_objects)
        _warn_of_assumed_ordering(migrated_config, origin)
        return model


def model_from_json(
    json_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
) -> Any:
    """Builds a model, without weights, from the text that `model.to_json()` gave.

    # Arguments
        json_string: str.
        custom_objects, functions, plugins: as for `load_model`.
    """
    config = json_text.loads_config(json_string)
    return model_from_config(config, custom_objects, functions, plugins=plugins)


def model_from_yaml(
    yaml_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
) -> Any:
    """Builds a model, without weights, from the text that `model.to_yaml()` gave; needs
    a plugin for YAML.

    # Arguments
        yaml_string: str.
        custom_objects, functions, plugins: as for `load_model`.
    """
    config = registry.resolve("format", "yaml")().loads(yaml_string)
    return model_from_config(config, custom_objects, functions, plugins=plugins)


def load_weights(
    model: Any,
    filepath: PathLike,
    by_name: bool = False,
    *,
    budget: Budget | None = None,
    trained_on: str | None = None,
) -> None:
    """Loads weights from a file of weights or of a whole model.

    # Arguments
        model: a model of the same layers in the same order, or, with `by_name`, one
            that shares layer names.
        filepath: path.
        by_name: bool, whether to match layers by name; the others keep their weights.
        budget: `oneiros.saving.Budget`, what reading the file may cost.
        trained_on: as for `load_model`.
    """
    with opened(filepath, budget) as state, K.use(backend_of(model)):
        origin = origin_of(state, trained_on)
        K.batch_set_value(
            matched_pairs(model, state.weights, filepath, by_name, origin)
        )
    _tell_loaded(model, filepath)


def load_weights_from_hdf5_group(model: Any, f: Any, by_name: bool = False) -> None:
    """Reads a model's weights from `f`, an open `h5py.Group`; `by_name` is that of
    `load_weights`."""
    state = installed_formats.hdf5().read_weights(f, Budget())
    with K.use(backend_of(model)):
        origin = origin_of(state)
        K.batch_set_value(
            matched_pairs(model, state.weights, "The group", by_name, origin)
        )


def load_weights_from_hdf5_group_by_name(model: Any, f: Any) -> None:
    """Reads the weights of the layers that a model and `f`, an open `h5py.Group`, have
    in common."""
    load_weights_from_hdf5_group(model, f, by_name=True)


@contextmanager
def opened(filepath: PathLike, budget: Budget | None) -> Iterator[ModelState]:
    """Context manager that reads a file, and gives what it holds.

    An error meanwhile gets the file's name, and what the file says of where a missing
    object came from.
    """
    state = ModelState()
    try:
        plugins.call("oneiros_before_load", path=files.existing(filepath))
        _, state = files.read(filepath, budget)
        yield state
        if state.unread:
            _warn_of_unread(filepath, state.unread)
    except OneirosError as error:
        error.add_note(f"This happened while loading {filepath}.")
        _note_origins(error, state)
        raise


def _note_origins(error: OneirosError, state: ModelState) -> None:
    for key, origin in state.provenance.items():
        sentence = provenance.stated(origin)
        is_named = repr(key.rpartition(":")[2]) in str(error)
        if is_named and sentence and sentence not in str(error):
            error.add_note(f"{key.replace(':', ' ').capitalize()}: {sentence}")


def _checked_supplies(
    custom_objects: Objects, functions: Objects
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the caller's objects and functions; raises ArgumentError for what are no
    dicts."""
    supplies = {"custom_objects": custom_objects or {}, "functions": functions or {}}
    for argument, supplied in supplies.items():
        if not isinstance(supplied, dict):
            raise ArgumentError(
                f"{argument} takes a dict from names to objects; received "
                f"{supplied!r:.80}."
            )
    return supplies["custom_objects"], supplies["functions"]


def _context(
    custom_objects: dict[str, Any],
    functions: dict[str, Any],
    permission: Permission,
    limits: BuildLimits | None,
) -> LoadContext:
    """Returns the context of a load, which adds to that of one around it."""
    outer = load_context.current()
    return LoadContext(
        custom_objects={**outer.custom_objects, **custom_objects},
        functions={**outer.functions, **functions},
        limits=limits,
        permit=permission.check,
        manager=plugins.manager(),
    )


def _limits_for(state: ModelState) -> BuildLimits:
    """Returns limits by which a model has the weights that its file holds."""
    stored = sum(value.size for _, arrays in state.weights for _, value in arrays)
    outer = load_context.current().limits or BuildLimits()
    return BuildLimits(stored + SPARE_PARAMETERS, outer.calls)


def _built(state: ModelState, origin: Origin, source: Any, functions: Objects) -> Any:
    """Returns the model of a file's configuration, without values."""
    config = migrated(state.model_config, origin)
    _check_functions(functions, config)
    provenance.check(
        config,
        state.training_config if origin.keras < 2 else None,
        state.provenance,
    )
    with _explaining_dim_ordering(config):
        model = checked_model(configs.layer_from_config(config), source)
    _warn_of_assumed_ordering(config, origin)
    return model


def _check_functions(functions: Objects, config: Any) -> None:
    """Raises ArgumentError if the caller supplied a function for a layer that isn't
    there."""
    parts = [part.config for part in layers(config) if isinstance(part.config, dict)]
    names = [part["name"] for part in parts if isinstance(part.get("name"), str)]
    unknown = [name for name in functions or () if name not in names]
    if unknown:
        raise ArgumentError(
            f"functions has {', '.join(map(repr, unknown)):.200}; the file has no "
            f"layer of that name, but {', '.join(names):.300}."
        )


@contextmanager
def _explaining_dim_ordering(config: Any) -> Iterator[None]:
    """Context manager under which an error says what no layer's arguments say."""
    try:
        yield
    except OneirosError as error:
        layer_names = without_dim_ordering(config)
        if not layer_names:
            raise
        current = K.image_dim_ordering()
        other = "th" if current == "tf" else "tf"
        raise ConfigError(
            f"{error} The configuration doesn't say the dim_ordering of "
            f"{', '.join(layer_names):.200}; here it is {current!r}. If it was "
            f"{other!r} there: K.set_image_dim_ordering({other!r}) before loading."
        ) from error


def _warn_of_assumed_ordering(config: Any, origin: Origin) -> None:
    """Warns of layers of Keras 1 that got Keras's default, since the configuration
    tells no `dim_ordering` that could be theirs.

    Whoever set another one has followed the advice.
    """
    if origin.keras > 1 or K.image_dim_ordering() != DEFAULT_ORDERING:
        return
    layer_names = without_dim_ordering(config)
    if layer_names:
        warn(
            f"The configuration doesn't say the dim_ordering of "
            f"{', '.join(layer_names):.200}; here it is {DEFAULT_ORDERING!r}, the "
            f"default. If it was 'th' there: K.set_image_dim_ordering('th') before "
            f"loading. If it was 'tf', save the model anew: Oneiros writes it down."
        )


def _fill(
    model: Any, state: ModelState, origin: Origin, source: Any, postponed: Postponed
) -> None:
    """Gives a model's variables the values of a file, and initial values to the
    others."""
    weights = state.weights
    if origin.keras > 1:
        weights = keras2_training.in_order(model, weights)
    pairs = matched_pairs(model, weights, source, False, origin)
    K.batch_set_value([(variable, _handed_over(value)) for variable, value in pairs])
    postponed.draw(variable for variable, _ in pairs)


def _handed_over(value: Any) -> Any:
    """Returns an array that was read from a file, to be kept by a variable if its
    memory is its own."""
    return donated(value) if value.flags.owndata and value.flags.writeable else value


def _restore_training(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    """Compiles a model as it was, and restores its optimizer's state."""
    if state.training_config is None:
        return
    if origin.keras > 1:
        keras2_training.restore_training(model, state, origin, source)
        return
    training_config = state.training_config
    if not {"optimizer_config", "loss"} <= set(training_config):
        raise FileFormatError(
            f"The training_config lacks optimizer_config or loss; it has "
            f"{sorted(training_config)}."
        )
    with configs.building("training_config", model.name):
        arguments = {key: training_config.get(key) for key in COMPILED}
        model.compile(training_config["optimizer_config"], **arguments)
        if state.optimizer_weights:
            make_optimizer_state(model)
            restore(model, state, origin, source)


def _tell_loaded(model: Any, filepath: PathLike) -> None:
    plugins.call("oneiros_after_load", model=model, path=Path(filepath))


def _warn_of_unread(filepath: PathLike, unread: list[str]) -> None:
    paths = ", ".join(unread[:SHOWN_PATHS])
    more = ", …" if len(unread) > SHOWN_PATHS else ""
    warn(
        f"{filepath} holds what belongs to no model, and wasn't read: "
        f"{paths:.300}{more}."
    )
