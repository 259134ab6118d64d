"""Converts model files to another format, another `dim_ordering`, or another engine's
kernels."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import backend as K
from oneiros import config as configs
from oneiros import load_context
from oneiros.arguments import check_choice, label
from oneiros.backend.dispatch import backend_of
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError, OneirosError
from oneiros_exports.exporting import available_paths, destination_name
from oneiros_initializations.postponed import Postponed
from oneiros_old_files import optimizer_state
from oneiros_old_files.base import Origin
from oneiros_old_files.file_origin import ENGINES, origin_of
from oneiros_old_files.weight_layouts import arranged
from oneiros_safe_files import json_text, yaml_text
from oneiros_safe_files.model_state import ModelState
from oneiros_saving import loading, model_files, saving
from oneiros_saving.caller_choices import CallerChoices
from oneiros_saving.loading import limits_for
from oneiros_saving.model_files import PathLike
from oneiros_saving.provenance import KEY
from oneiros_saving.restoring import COMPILED, restore_forgotten

from oneiros_cli.file_tools import model_conversion
from oneiros_cli.file_tools.conversion_plan import ORDERINGS, ConversionPlan
from oneiros_cli.file_tools.pairs import load_pair
from oneiros_cli.file_tools.stored_file import StoredFile, read

Objects = dict[str, Any] | None
Axes = tuple[int, ...]


def convert(
    source: PathLike,
    target: PathLike,
    *,
    dim_ordering: str | None = None,
    kernels: str | None = None,
    trained_on: str | None = None,
    weights_from: PathLike | None = None,
    weights_only: bool = False,
    overwrite: bool = False,
    custom_objects: Objects = None,
    functions: Objects = None,
) -> dict[str, Axes]:
    """Writes a file's contents to another file; its suffix selects the format.

    A file of Keras 2 or 3 becomes a file of Keras 1. `.json`, `.yaml` and `.yml` hold
    only the configuration.

    # Arguments
        source: path of a model, weights or configuration file.
        target: path of the new file.
        dim_ordering: `"th"` or `"tf"`, the order of images' axes in the new model.
        kernels: `"theano"` or `"tensorflow"`; kernels are written as Keras 1 on this
            engine would write them.
        trained_on: as for `load_model`.
        weights_from: path of the file with the weights of a configuration.
        weights_only: bool, whether to omit the configuration and the optimizer.
        overwrite: bool, whether `target` may exist.
        custom_objects, functions: as for `load_model`.

    # Returns
        With `dim_ordering`, a dict from the name of each input layer to its axes: for
        each axis of the new samples, the old axis, counted from 1.

    # Raises
        ArgumentError: if the file can't be converted; the message says why.
    """
    check_choice("convert", "dim_ordering", dim_ordering, (*ORDERINGS, None))
    check_choice("convert", "kernels", kernels, (*ENGINES, None))
    if not model_files.may_write(target, overwrite):
        return {}
    path = model_files.target(target)
    if destination_name(path) is not None:
        raise ArgumentError(
            f"{path.name} is for another library. Type: from oneiros.file_tools import "
            f"export_file; export_file({os.fspath(source)!r}, {path.name!r})."
        )
    stored = read(source)
    state = stored.state
    inputs: dict[str, Axes] = {}
    is_of_keras_2 = origin_of(state, trained_on).keras > 1
    is_changed = dim_ordering or kernels or trained_on or is_of_keras_2
    if is_changed or weights_from is not None:
        is_text = stored.is_text and weights_from is None
        number = None if stored.is_text else loading.number_stored(state)
        with load_context.changed(limits=limits_for(number)):
            model = model_of(
                stored, source, weights_from, custom_objects, functions, trained_on
            )
            state, inputs = _converted(
                model, dim_ordering, kernels, custom_objects, is_text
            )
    _write(path, state, weights_only, source)
    return inputs


def model_of(
    stored: StoredFile,
    source: PathLike,
    weights_from: PathLike | None,
    custom_objects: Objects,
    functions: Objects,
    trained_on: str | None,
):
    """Returns the model of a file, or of a configuration and the file of its weights.

    # Raises
        ArgumentError: if the file has no configuration.
    """
    if stored.state.model_config is None:
        raise ArgumentError(
            f"{source} holds only weights. Without a configuration, nothing says which "
            f"are kernels. Build the model, load_weights(path), save it whole, and "
            f"convert that."
        )
    if stored.is_text or weights_from is not None:
        return load_pair(source, weights_from, custom_objects, functions, trained_on)
    choices = CallerChoices(custom_objects, functions, "installed")
    with loading.opened(source, contents=stored.state) as state:
        model = loading.model_of(state, source, choices, trained_on)
    loading.tell_loaded(model, source)
    return model


def _converted(
    model,
    dim_ordering: str | None,
    kernels: str | None,
    custom_objects: Objects,
    is_text: bool,
) -> tuple[ModelState, dict[str, Axes]]:
    """Returns the state of a model in the new form, that of a text without weights, and
    how its inputs' axes are moved."""
    inputs: dict[str, Axes] = {}
    with K.use(backend_of(model)):
        if dim_ordering:
            model, inputs = reordered(
                model, dim_ordering, custom_objects, with_weights=not is_text
            )
        if is_text:
            return saving.configuration_of(model), inputs
        state = saving.state_of(model)
        if kernels not in (None, K.convolution()):
            state = _as_on(kernels, model, state)
    return state, inputs


def reordered(
    model, dim_ordering: str, custom_objects: Objects = None, with_weights: bool = True
) -> tuple[Any, dict[str, Axes]]:
    """Returns the converted model, compiled like the original, and how its inputs' axes
    are moved."""
    plan = ConversionPlan(dim_ordering)
    objects = {**load_context.current().custom_objects, **(custom_objects or {})}
    try:
        with load_context.changed(custom_objects=objects, postponed=Postponed()):
            converted = model_conversion.reordered(plan, model)
        for layer, counterpart in plan.pairs() if with_weights else ():
            moved = plan.weights(layer, layer.get_weights())
            Layer.set_weights(counterpart, moved)
    except OneirosError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ArgumentError(
            f"{label(model)} can't be converted to dim_ordering={dim_ordering!r}: the "
            f"axes of a layer make no sense ({type(error).__name__}: {error!s:.200}). "
            "Build it anew in that ordering, or convert without dim_ordering."
        ) from error
    if getattr(model, "optimizer", None) is not None:
        _compile_alike(model, converted, plan)
    inputs = {
        name: tuple(axis + 1 for axis in axes) for name, axes in plan.inputs.items()
    }
    return converted, inputs


def _compile_alike(model, converted, plan: ConversionPlan) -> None:
    """Compiles a converted model like the original, with its optimizer's state."""
    optimizer = model.optimizer
    new_optimizer = type(optimizer).from_config(optimizer.get_config())
    arguments = {key: getattr(model, key) for key in COMPILED}
    converted.compile(new_optimizer, **arguments)
    if optimizer.weights:
        converted._make_train_function()
        new_optimizer.set_weights(_moved_state(model, converted, plan))
        restore_forgotten(new_optimizer, saving.forgotten(optimizer))


def _moved_state(model, converted, plan: ConversionPlan):
    """Returns the optimizer's state, with each array that belongs to a weight converted
    like that weight."""

    def follow(arrays: dict[int, Any]) -> dict[int, Any]:
        followed: dict[int, Any] = {}
        for layer, counterpart in plan.pairs():
            own_arrays = []
            for weight in layer.weights:
                zeros = np.zeros(K.get_variable_shape(weight), "float32")
                own_arrays.append(arrays.get(id(weight), zeros))
            moved = plan.weights(layer, own_arrays)
            for weight, array in zip(counterpart.weights, moved, strict=True):
                followed[id(weight)] = array
        return followed

    return _checked_state(optimizer_state.followed(model, converted, follow), model)


def _as_on(engine: str, model, state: ModelState) -> ModelState:
    """Returns the state as Keras on the engine with the other convolution would have
    saved it, with flipped kernels, and names with `:0` on TensorFlow only."""
    origin = Origin(engine=engine)
    state.weights = [
        (name, _marked(arranged(layer, named, origin, model.name), engine))
        for layer, (name, named) in zip(model.weight_layers(), state.weights)
    ]
    if state.optimizer_weights:
        values = _checked_state(optimizer_state.flipped(model), model)
        names = [name for name, _ in state.optimizer_weights]
        state.optimizer_weights = _marked(list(zip(names, values)), engine)
    state.provenance = {}
    return state


def _checked_state(values, model):
    if values is None:
        raise ArgumentError(
            f"The state of {type(model.optimizer).__name__} isn't one array for each "
            f"weight, so it can't be converted. Convert only the weights, or "
            f"save the model uncompiled."
        )
    return values


def _marked(named: list[tuple[str, Any]], engine: str) -> list[tuple[str, Any]]:
    suffix = ":0" if engine == "tensorflow" else ""
    return [(name.removesuffix(":0") + suffix, value) for name, value in named]


def _write(path: Path, state: ModelState, weights_only: bool, source: PathLike) -> None:
    if path.suffix in model_files.TEXTS:
        if state.model_config is None:
            raise ArgumentError(
                f"{source} holds weights but no configuration, so {path.name} would be "
                f"empty."
            )
        model_files.write_text(path, _text(path.suffix, state))
        return
    if not any(arrays for _, arrays in state.weights):
        raise ArgumentError(
            f"{source} holds no weights. Write its configuration to one of "
            f"{', '.join(model_files.TEXTS)}."
        )
    if path.suffix not in model_files.suffixes():
        known = ", ".join([*model_files.TEXTS, *model_files.suffixes()])
        raise ArgumentError(
            f"{path.name}: no installed format has this suffix. Available: {known}; "
            f"for other libraries: {available_paths()}."
        )
    saving.check_names(state.weights)
    if weights_only:
        model_files.write(path, ModelState(weights=state.weights))
        return
    try:
        model_files.write(path, state)
    except ArgumentError as error:
        raise ArgumentError(
            f"{error} To convert only the weights: weights_only=True, or --weights."
        ) from error


def _text(suffix: str, state: ModelState) -> str:
    """Returns a configuration in Keras's format, plus the origin of its objects, which
    Keras ignores."""
    config = {**(state.model_config or {}), "keras_version": configs.KERAS_VERSION}
    if state.provenance:
        config[KEY] = state.provenance
    if suffix in model_files.YAML_SUFFIXES:
        return yaml_text.dumps(config)
    return json_text.dumps(config)
