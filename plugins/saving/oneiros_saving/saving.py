"""Saving and loading: a model becomes plain data (`ModelState`) that a format plugin
writes, and back.

Loading checks everything before it changes anything, and goes through the policy in
`oneiros.config`.
"""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import config as configs
from oneiros import plugins, registry
from oneiros.errors import ArgumentError, ConfigError, FileFormatError, OneirosError
from oneiros_backend_toolkit.arrays import given
from oneiros_initializations.postponed import postponed
from oneiros_old_files.base import Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.dim_ordering import without_dim_ordering
from oneiros_safe_files import json_text
from oneiros_safe_files.budget import Budget

from oneiros_saving import (
    files,
    installed_formats,
    keras2_training,
    optimizer_arrays,
    provenance,
)
from oneiros_saving.file_origin import origin_of
from oneiros_saving.formats import ModelState
from oneiros_saving.matching import Named, check_optimizer, matched_pairs
from oneiros_saving.optimizer_order import UnknownOrderError, by_name, may_be_as_made
from oneiros_saving.optimizer_state import forgotten, restore_forgotten
from oneiros_saving.permission import permitted
from oneiros_saving.references import layers
from oneiros_saving.stored_names import check_names, check_sequentials, problem

Objects = dict[str, Any] | None
Limits = Budget | None
PathLike = str | os.PathLike[str]
Plugins = str | Iterable[str]
SPARE = 2**22
"""Scalars that a model may make beyond those that its file holds: the states of
recurrent layers."""
FEW = 5
"""So many unknown groups and arrays of a file are listed."""
COMPILED = ("loss", "metrics", "sample_weight_mode", "loss_weights")


def save_model(model: Any, filepath: PathLike, overwrite: bool = True) -> None:
    """Saves a model to a file: configuration, weights, what `compile` was given, and
    the optimizer's state.

    The file is complete or the old one remains, whatever happens meanwhile.

    # Arguments
        model: a `Model` or `Sequential`.
        filepath: path; its suffix chooses the format, HDF5 by default.
        overwrite: bool; False asks before replacing a file, and refuses where nobody
            can answer.
    """
    write(model, filepath, state_of(model), overwrite)


def state_of(model: Any) -> ModelState:
    """Returns a model as plain data, for a file."""
    with K.use(model._backend):
        optimizer = getattr(model, "optimizer", None)
        state = ModelState(
            model_config={
                "class_name": type(model).__name__,
                "config": model.get_config(),
            },
            training_config=_training_config(model, optimizer) if optimizer else None,
            weights=_layer_weights(model),
            optimizer_weights=_named_values(getattr(optimizer, "weights", ())),
            keras_version=configs.KERAS_VERSION,
        )
        state.training_state = forgotten(optimizer) if state.training_config else None
        state.provenance = provenance.origins(
            model, state.model_config, state.training_config
        )
    return state


def load_model(
    filepath: PathLike,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    budget: Limits = None,
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
            kernels of convolutions trained on Theano are turned round, as convolution
            here is TensorFlow's.
        plugins: which plugins the file may have imported: `"installed"`, `"loaded"`
            (what is imported already), or a list of distributions from which more may
            be; Oneiros' own always. The logger
            `oneiros` tells which were.

    # Raises
        FileMissingError, FileFormatError: if there is no file, or it holds no whole
            model.
        ConfigError: if a model of Keras 2 has what Keras 1 can't do; it names the layer
            and the argument.
        UnsafeFileError: if the file asks for something that loading doesn't do.
    """
    given = _supplied(custom_objects, functions)
    with opened(filepath, budget) as state:
        if state.model_config is None:
            raise FileFormatError(
                f"{filepath} holds only weights: build the model and load_weights(path)."
            )
        stored = sum(value.size for _, arrays in state.weights for _, value in arrays)
        origin = origin_of(state, trained_on)
        supplied, bounded = (
            configs.function_scope(given["functions"]),
            configs.parameter_budget(stored + SPARE),
        )
        known = configs.custom_object_scope(given["custom_objects"])
        with known, supplied, bounded, permitted(plugins, filepath):
            config = migrated(state.model_config, origin)
            _check_supplied(given["functions"], config)
            provenance.check(
                config,
                state.training_config if origin.keras < 2 else None,
                state.provenance,
            )
            with postponed() as waiting, _explaining_dim_ordering(config):
                model = checked(configs.layer_from_config(config), filepath)
            with K.use(model._backend):
                weights = (
                    keras2_training.in_order(model, state.weights)
                    if origin.keras > 1
                    else state.weights
                )
                pairs = matched_pairs(model, weights, filepath, False, origin)
                K.batch_set_value(
                    [(variable, _handed_over(value)) for variable, value in pairs]
                )
                waiting.draw(variable for variable, _ in pairs)
                if state.training_config is not None and origin.keras > 1:
                    keras2_training.restore_training(model, state, origin, filepath)
                elif state.training_config is not None:
                    _restore_training(
                        model, state.training_config, state, origin, filepath
                    )
    _loaded(model, filepath)
    return model


def _supplied(custom_objects: Objects, functions: Objects) -> dict[str, dict[str, Any]]:
    given = {"custom_objects": custom_objects or {}, "functions": functions or {}}
    for argument, value in given.items():
        if not isinstance(value, dict):
            raise ArgumentError(
                f"{argument} takes a dict from names to objects; received {value!r:.80}."
            )
    return given


@contextmanager
def _explaining_dim_ordering(config: Any) -> Iterator[None]:
    """Context manager under which an error says what no layer's arguments say."""
    try:
        yield
    except OneirosError as error:
        unsaid = without_dim_ordering(config)
        if not unsaid:
            raise
        here = K.image_dim_ordering()
        other = "th" if here == "tf" else "tf"
        raise ConfigError(
            f"{error} The configuration doesn't say the dim_ordering of "
            f"{', '.join(unsaid):.200}; here it is {here!r}. If it was {other!r} there: "
            f"K.set_image_dim_ordering({other!r}) before loading."
        ) from error


def _check_supplied(functions: dict[str, Any], config: Any) -> None:
    parts = [part.config for part in layers(config) if isinstance(part.config, dict)]
    names = [part["name"] for part in parts if isinstance(part.get("name"), str)]
    unknown = [name for name in functions if name not in names]
    if unknown:
        raise ArgumentError(
            f"functions has {', '.join(map(repr, unknown)):.200}; the file has no layer of that name, but "
            f"{', '.join(names):.300}."
        )


def checked(model: Any, source: Any) -> Any:
    """Returns a model; raises FileFormatError if a file's configuration is that of a
    layer alone."""
    if not hasattr(model, "_make_train_function"):
        raise FileFormatError(
            f"{source} holds a {type(model).__name__}, which is no model."
        )
    return model


def save_weights(model: Any, filepath: PathLike, overwrite: bool = True) -> None:
    """Saves a model's weights alone; the arguments are those of `save_model`."""
    with K.use(model._backend):
        state = ModelState(weights=_layer_weights(model))
    write(model, filepath, state, overwrite)


def load_weights(
    model: Any,
    filepath: PathLike,
    by_name: bool = False,
    *,
    budget: Limits = None,
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
    with opened(filepath, budget) as state, K.use(model._backend):
        origin = origin_of(state, trained_on)
        K.batch_set_value(
            matched_pairs(model, state.weights, filepath, by_name, origin)
        )
    _loaded(model, filepath)


def save_weights_to_hdf5_group(model: Any, f: Any) -> None:
    """Writes a model's weights into `f`, an open `h5py.Group`."""
    with K.use(model._backend):
        installed_formats.hdf5().write_weights(f, _layer_weights(model))


def load_weights_from_hdf5_group(model: Any, f: Any, by_name: bool = False) -> None:
    """Reads a model's weights from `f`, an open `h5py.Group`; `by_name` is that of
    `load_weights`."""
    state = installed_formats.hdf5().read_weights(f, Budget())
    with K.use(model._backend):
        K.batch_set_value(
            matched_pairs(model, state.weights, "The group", by_name, origin_of(state))
        )


def load_weights_from_hdf5_group_by_name(model: Any, f: Any) -> None:
    """Reads the weights of the layers that a model and `f`, an open `h5py.Group`, have
    in common."""
    load_weights_from_hdf5_group(model, f, by_name=True)


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
    given = _supplied(custom_objects, functions)
    origin = origin_of(
        ModelState(model_config=config if isinstance(config, dict) else None)
    )
    with (
        configs.custom_object_scope(given["custom_objects"]),
        configs.function_scope(given["functions"]),
        permitted(plugins, "The configuration"),
    ):
        here = migrated(config, origin)
        _check_supplied(given["functions"], here)
        provenance.check(here)
        with _explaining_dim_ordering(here):
            return configs.layer_from_config(here, custom_objects)


def model_from_json(
    json_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
) -> Any:
    """Builds a model, without weights, from the text that `model.to_json()` gave; see
    `model_from_config`."""
    return model_from_config(
        json_text.loads(json_string), custom_objects, functions, plugins=plugins
    )


def model_from_yaml(
    yaml_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
) -> Any:
    """Builds a model, without weights, from the text that `model.to_yaml()` gave; needs
    a plugin for YAML."""
    config = registry.resolve("format", "yaml")().loads(yaml_string)
    return model_from_config(config, custom_objects, functions, plugins=plugins)


def _training_config(model: Any, optimizer: Any) -> dict[str, Any] | None:
    try:
        chosen = {
            "class_name": type(optimizer).__name__,
            "config": optimizer.get_config(),
        }
    except NotImplementedError:
        name = type(optimizer).__name__
        warnings.warn(
            f"{name} can't be saved; compile the model again after loading it.",
            stacklevel=3,
        )
        return None
    return {
        "optimizer_config": chosen,
        **{key: _names(getattr(model, key)) for key in COMPILED},
    }


def _names(value: Any) -> Any:
    """Replaces functions by their names, as Keras 1 did; `custom_objects` gives them
    back."""
    if isinstance(value, dict):
        return {key: _names(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_names(item) for item in value]
    return getattr(value, "__name__", value)


def _handed_over(value: Any) -> Any:
    """Returns an array that was read from a file, to be kept by a variable if its
    memory is its own."""
    return given(value) if value.flags.owndata and value.flags.writeable else value


def _restore_training(
    model: Any, given: dict[str, Any], state: ModelState, origin: Origin, source: Any
) -> None:
    if not {"optimizer_config", "loss"} <= set(given):
        raise FileFormatError(
            f"The training_config lacks optimizer_config or loss; it has {sorted(given)}."
        )
    with configs.loading("training_config", model.name):
        model.compile(
            given["optimizer_config"], **{key: given.get(key) for key in COMPILED}
        )
        if state.optimizer_weights:
            optimizer_arrays.inner(model)._make_train_function()
            check_optimizer(model.optimizer.weights, state.optimizer_weights, source)
            _restore_optimizer(model, state, origin, source)


def _restore_optimizer(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> None:
    """Sets the optimizer's state, or warns that it begins anew."""
    optimizer = model.optimizer
    try:
        optimizer.set_weights(_ordered_state(model, state, origin))
    except UnknownOrderError as error:
        name = type(optimizer).__name__
        warnings.warn(
            f"{source} is loaded and compiled, but its {name} begins anew: of the "
            f"state in the file, {error}. Train on, and the first steps make a new "
            f"one; model.save(path) then keeps it in an order that is known.",
            stacklevel=4,
        )
        return
    if origin.engine == "theano" and (values := optimizer_arrays.turned(model)):
        optimizer.set_weights(values)
    restore_forgotten(optimizer, state.training_state)


def _ordered_state(model: Any, state: ModelState, origin: Origin) -> list[Any]:
    """Returns what the optimizer's `set_weights` takes.

    What an optimizer keeps once, such as its steps, comes first; versions that didn't
    keep it leave it out.
    """
    own = model.optimizer.get_weights()
    stored = [value for _, value in state.optimizer_weights or ()]
    as_made = may_be_as_made(state, origin.engine)
    if not as_made and list(map(np.shape, own)) == list(map(np.shape, stored)):
        return stored
    once, stored_once = _count_once(own), _count_once(stored)
    if len(own) - once != len(stored) - stored_once or stored_once > once:
        name = type(model.optimizer).__name__
        raise UnknownOrderError(f"{name} has {len(own)} arrays and not {len(stored)}")
    ordered = by_name(
        model,
        optimizer_arrays.inner(model)._collected_trainable_weights,
        stored[stored_once:],
        as_made,
    )
    return [*own[: once - stored_once], *stored[:stored_once], *ordered]


def _count_once(arrays: list[Any]) -> int:
    """Returns how many numbers come first, which an optimizer keeps once."""
    return len(list(itertools.takewhile(lambda value: np.ndim(value) == 0, arrays)))


def _layer_weights(model: Any) -> list[tuple[str, Named]]:
    return [
        (layer.name, _named_values(layer.weights)) for layer in model._weight_layers()
    ]


def _named_values(variables: Iterable[Any]) -> Named:
    """Returns names and values; the names end as TensorFlow's do, which tells that
    kernels aren't turned."""
    named: dict[str, Any] = {}
    for index, variable in enumerate(variables):
        name = (variable.name or "").removesuffix(":0")
        name = "param" if problem(name) else name
        taken = name == "param" or f"{name}:0" in named
        named[f"{name}_{index}:0" if taken else f"{name}:0"] = variable
    return list(zip(named, K.batch_get_value(list(named.values())), strict=True))


def write(model: Any, filepath: PathLike, state: ModelState, overwrite: bool) -> None:
    """Writes what is saved of a model, and tells plugins."""
    if files.path_of(filepath).suffix in files.TEXTS:
        raise ArgumentError(
            f"{filepath} would be a text: write model.to_json() or model.to_yaml() there, and save weights "
            f"or the whole model to a file that ends in .h5."
        )
    check_names(state.weights)
    if state.model_config is not None:
        check_sequentials(model)
    check_names([("optimizer_weights", state.optimizer_weights or [])])
    path = files.target(filepath, overwrite)
    if path is not None:
        plugins.call("oneiros_before_save", model=model, path=path)
        files.write(path, state)
        plugins.call("oneiros_after_save", model=model, path=path)


@contextmanager
def opened(filepath: PathLike, budget: Limits) -> Iterator[ModelState]:
    """Reads a file; an error meanwhile gets its name, and what it says of a missing
    object's origin."""
    state = ModelState()
    try:
        plugins.call("oneiros_before_load", path=files.existing(filepath))
        _, state = files.read(filepath, budget)
        yield state
        if state.unread:
            _warn_of_unread(filepath, state.unread)
    except OneirosError as error:
        error.add_note(f"This happened while loading {filepath}.")
        for key, origin in state.provenance.items():
            told = provenance.stated(origin)
            if (
                repr(key.rpartition(":")[2]) in str(error)
                and told
                and told not in str(error)
            ):
                error.add_note(f"{key.replace(':', ' ').capitalize()}: {told}")
        raise


def _loaded(model: Any, filepath: PathLike) -> None:
    plugins.call("oneiros_after_load", model=model, path=Path(filepath))


def _warn_of_unread(filepath: PathLike, unread: list[str]) -> None:
    more = ", …" if unread[FEW:] else ""
    warnings.warn(
        f"{filepath} holds what belongs to no model, and wasn't read: {', '.join(unread[:FEW]):.300}{more}.",
        stacklevel=5,
    )
