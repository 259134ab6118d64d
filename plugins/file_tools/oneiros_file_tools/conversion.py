"""Files of models converted: to another format, another `dim_ordering`, another
engine's kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import config as configs
from oneiros import registry
from oneiros.errors import ArgumentError
from oneiros_old_files.base import Origin
from oneiros_safe_files.budget import Budget
from oneiros_saving import files, installed_formats, loading, optimizer_arrays, saving
from oneiros_saving.file_origin import ENGINES, origin_of
from oneiros_saving.formats import ModelState
from oneiros_saving.layouts import arranged
from oneiros_saving.model_parts import (
    backend_of,
    checked_model,
    make_optimizer_state,
    weight_layers,
)
from oneiros_saving.optimizer_state import forgotten, restore_forgotten
from oneiros_saving.provenance import KEY

from oneiros_file_tools.dim_ordering import Reordering, pairs
from oneiros_file_tools.stored import read

Objects = dict[str, Any] | None


def convert(
    source: files.PathLike,
    target: files.PathLike,
    *,
    dim_ordering: str | None = None,
    kernels: str | None = None,
    trained_on: str | None = None,
    weights_only: bool = False,
    overwrite: bool = False,
    custom_objects: Objects = None,
    functions: Objects = None,
    budget: Budget | None = None,
) -> dict[str, tuple[int, ...]]:
    """Writes what a file holds to another one, whose suffix chooses the format.

    A file of Keras 2 becomes one of Keras 1. `.json`, `.yaml` and `.yml` take the
    configuration alone.

    # Arguments
        source: path of a model, of weights or of a configuration.
        target: path of the new file.
        dim_ordering: `"th"` or `"tf"`: the model's layers take images in this order
            afterwards.
        kernels: `"theano"` or `"tensorflow"`: whose convolution the file is written
            for, as Keras 1 on that engine would have.
        trained_on: as for `load_model`.
        weights_only: bool, whether to leave out the configuration and the optimizer.
        overwrite: bool, whether `target` may exist.
        custom_objects, functions, budget: as for `load_model`.

    # Returns
        With `dim_ordering`, by the name of an input's layer, for each axis of the
        samples it takes now, the axis that it was, counted from 1.

    # Raises
        ArgumentError: if it can't be done; it says why.
    """
    if kernels not in (None, *ENGINES):
        raise ArgumentError(f"kernels={kernels!r}: it is 'theano' or 'tensorflow'.")
    path = files.target(target, overwrite)
    if path is None:
        return {}
    stored = read(source, budget)
    state, inputs = stored.state, dict[str, tuple[int, ...]]()
    if dim_ordering or kernels or origin_of(state, trained_on).keras > 1 or trained_on:
        model = _model(
            source,
            stored.is_text,
            state,
            (custom_objects, functions, budget, trained_on),
        )
        with K.use(backend_of(model)):
            if dim_ordering:
                model, inputs = _reordered(model, dim_ordering)
            state = saving.state_of(model)
            if kernels == "theano":
                state = _turned(model, state)
        if stored.is_text:
            state.weights = []
    _write(path, state, weights_only, source)
    return inputs


def _model(source: files.PathLike, is_text: bool, state: ModelState, given: Any) -> Any:
    custom_objects, functions, budget, trained_on = given
    if state.model_config is None:
        raise ArgumentError(
            f"{source} holds weights alone; only a configuration tells which of them are kernels. Build the "
            f"model, load_weights(path), save it whole, and convert that."
        )
    if not is_text:
        return loading.load_model(
            source, custom_objects, functions, budget=budget, trained_on=trained_on
        )
    told = {"keras_version": state.keras_version, KEY: state.provenance}
    config = {
        **state.model_config,
        **{key: value for key, value in told.items() if value},
    }
    with configs.function_scope(functions or {}):
        return checked_model(
            loading.model_from_config(config, custom_objects, functions), source
        )


def _reordered(model: Any, dim_ordering: str) -> tuple[Any, dict[str, tuple[int, ...]]]:
    """Returns the model converted, compiled as it was, and how its inputs' axes are
    moved."""
    reordering = Reordering(dim_ordering)
    found = reordering.converted(model)
    if getattr(model, "optimizer", None) is not None:
        optimizer = model.optimizer
        cls, config = type(optimizer), optimizer.get_config()
        found.compile(
            cls.from_config(config),
            **{key: getattr(model, key) for key in saving.COMPILED},
        )
        if optimizer.weights:
            make_optimizer_state(found)
            found.optimizer.set_weights(_moved_state(model, found, reordering))
            restore_forgotten(found.optimizer, forgotten(optimizer))
    inputs = {
        name: tuple(axis + 1 for axis in axes)
        for name, axes in reordering.inputs.items()
    }
    return found, inputs


def _moved_state(model: Any, found: Any, reordering: Reordering) -> Any:
    """Returns the optimizer's state, of which each array of a weight's size goes the
    way of the weight."""

    def follow(arrays: dict[int, Any]) -> dict[int, Any]:
        after: dict[int, Any] = {}
        for layer, other in pairs(model, found, reordering.inserted):
            own = [
                arrays.get(id(w), np.zeros(K.get_variable_shape(w), "float32"))
                for w in layer.weights
            ]
            after.update(
                zip(map(id, other.weights), reordering.weights(layer, own), strict=True)
            )
        return after

    return _known(optimizer_arrays.followed(model, found, follow), model)


def _turned(model: Any, state: ModelState) -> ModelState:
    """Returns the state as Keras on Theano would have saved it: kernels flipped,
    names without `:0`."""
    layers = weight_layers(model)
    state.weights = [
        (
            layer.name,
            _unmarked(arranged(layer, named, Origin(engine="theano"), model.name)),
        )
        for layer, (_, named) in zip(layers, state.weights, strict=True)
    ]
    if state.optimizer_weights:
        values = _known(optimizer_arrays.flipped(model), model)
        names = [name for name, _ in state.optimizer_weights]
        state.optimizer_weights = _unmarked(list(zip(names, values, strict=True)))
    state.provenance = {}
    return state


def _known(values: Any, model: Any) -> Any:
    if values is None:
        raise ArgumentError(
            f"The state of {type(model.optimizer).__name__} isn't one array for each weight: nothing says "
            f"how to convert it. Convert the weights alone, or save the model uncompiled."
        )
    return values


def _unmarked(named: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(name.removesuffix(":0"), value) for name, value in named]


def _write(
    path: Any, state: ModelState, weights_only: bool, source: files.PathLike
) -> None:
    if path.suffix in files.TEXTS:
        if state.model_config is None:
            raise ArgumentError(
                f"{source} holds no configuration, only weights: {path.name} would be empty."
            )
        files.write_text(path, _text(path.suffix, state))
        return
    if not any(arrays for _, arrays in state.weights):
        raise ArgumentError(
            f"{source} holds no weights; its configuration goes to one of {', '.join(files.TEXTS)}."
        )
    form = installed_formats.for_suffix(path)
    if path.suffix not in form.suffixes:
        raise ArgumentError(
            f"{path.name}: no format here has this suffix; there are {', '.join(_suffixes())}."
        )
    try:
        files.write(path, ModelState(weights=state.weights) if weights_only else state)
    except ArgumentError as error:
        hint = (
            ""
            if weights_only
            else " To convert the weights alone: weights_only=True, or --weights."
        )
        raise ArgumentError(f"{error}{hint}") from error


def _text(suffix: str, state: ModelState) -> str:
    """Returns a configuration as Keras wrote it, with where its objects come from;
    Keras passes over that."""
    config = {**(state.model_config or {}), "keras_version": configs.KERAS_VERSION}
    if state.provenance:
        config[KEY] = state.provenance
    if suffix in files.YAML_SUFFIXES:
        return str(registry.resolve("format", "yaml")().dumps(config))
    return configs.dumps(config)


def _suffixes() -> list[str]:
    return [
        *files.TEXTS,
        *(
            suffix
            for _, cls in installed_formats.classes()
            for suffix in installed_formats.suffixes_of(cls)
        ),
    ]
