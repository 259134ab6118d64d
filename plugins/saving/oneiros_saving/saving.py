"""Saving: turns a model into plain data, a `ModelState`, which a format plugin writes,
under names that can be stored and loaded again."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros import services
from oneiros.arguments import open_to_old_code
from oneiros.backend.contract import LOCK
from oneiros.backend.dispatch import backend_of
from oneiros.engine.container import Container
from oneiros.errors import ArgumentError, ConfigError
from oneiros.user_warnings import warn
from oneiros_backend_toolkit.interrupts import interrupted_safely
from oneiros_safe_files import file_access
from oneiros_safe_files.model_state import LayerWeights, ModelState, Named
from oneiros_safe_files.names import is_visible
from oneiros_training.parts import values_of
from oneiros_training.sequential import Sequential

from oneiros_saving import model_files, provenance
from oneiros_saving.loading import load_weights, load_weights_from_hdf5_group
from oneiros_saving.losses import warn_of_losses
from oneiros_saving.model_files import PathLike
from oneiros_saving.plain_data_encoding import Encoded, encoded
from oneiros_saving.restoring import COMPILED, KEY

MAX_BYTES = 32_000
"""The maximum length of a name."""
MAX_STEPS = 16
"""The maximum number of parts separated by `/`."""


@open_to_old_code
def save_model(model: Container, filepath: PathLike, overwrite: bool = True) -> None:
    """Saves a model to a file: configuration, weights, `compile` arguments and the
    optimizer's state.

    Whatever happens, you have either the complete new file or the old one.

    # Arguments
        model: a `Model` or `Sequential`.
        filepath: path; its suffix selects the format, HDF5 by default. Suffixes of
            other formats, such as `.keras` and `.pt`, cause a warning.
        overwrite: bool; with False, asks before replacing a file, and refuses if nobody
            can answer.

    # Raises
        ArgumentError: if part of the model can't be saved; says what to do.
        FileAccessError: if the disk is full, memory is short, or writing isn't
            permitted.
    """
    if not model_files.may_write(filepath, overwrite):
        return
    with interrupted_safely(), enough_memory(filepath):
        check_and_write(model, filepath, state_of(model))


def save_weights(model: Container, filepath: PathLike, overwrite: bool = True) -> None:
    """Saves only a model's weights; the arguments are those of `save_model`."""
    if not model_files.may_write(filepath, overwrite):
        return
    with interrupted_safely(), enough_memory(filepath):
        with K.use(backend_of(model)), LOCK:
            state = ModelState(weights=_layer_weights(model))
        check_and_write(model, filepath, state)


def save_weights_to_hdf5_group(model, f) -> None:
    """Writes a model's weights into `f`, an open `h5py.Group`."""
    with K.use(backend_of(model)), LOCK:
        model_files.hdf5().write_weights(f, _layer_weights(model))


def enough_memory(filepath: PathLike) -> AbstractContextManager[None]:
    """Returns a context manager under which a model is saved: if memory is short, the
    error is a `FileAccessError`."""
    return file_access.saving(model_files.path_of(filepath), (MemoryError,))


def state_of(model) -> ModelState:
    """Returns a model as plain data, for a file: its state between two updates, even
    if another thread trains it."""
    with K.use(backend_of(model)), LOCK:
        state = configuration_of(model)
        optimizer = getattr(model, "optimizer", None)
        state.weights = _layer_weights(model)
        state.optimizer_weights = _named_values(getattr(optimizer, "weights", ()))
        state.training_state = forgotten(optimizer) if state.training_config else None
    return state


def configuration_of(model) -> ModelState:
    """Returns a model's configuration as plain data, without its weights."""
    with K.use(backend_of(model)):
        state = ModelState(
            model_config={
                "class_name": type(model).__name__,
                "config": model.get_config(),
            },
            training_config=training_config(model),
            keras_version=configs.KERAS_VERSION,
        )
        state.provenance = provenance.origins_of(
            model, state.model_config, state.training_config
        )
    return state


def training_config(model) -> dict[str, Any] | None:
    """Returns how a model was compiled; None if it wasn't, or if its optimizer can't be
    saved."""
    optimizer = getattr(model, "optimizer", None)
    if not optimizer:
        return None
    name = type(optimizer).__name__
    if not hasattr(optimizer, "get_config"):
        warn(
            f"{name} can't be saved: it has no get_config(self), which returns a dict "
            "of its constructor's arguments; oneiros.optimizers.Optimizer has one. "
            "Compile the model again after loading it."
        )
        return None
    try:
        config = optimizer.get_config()
    except NotImplementedError:
        warn(f"{name} can't be saved; compile the model again after loading it.")
        return None
    return {
        "optimizer_config": {"class_name": name, "config": config},
        **{key: _names(getattr(model, key)) for key in COMPILED},
        "loss": _losses(_names(model.loss)),
    }


def _losses(value):
    """Returns losses by name; one that is an object becomes a list, which isn't taken
    for a dict by outputs."""
    is_object = isinstance(value, dict) and value.keys() == {"class_name", "config"}
    return [value] if is_object else value


def _names(value):
    """Replaces functions by their names, as Keras 1 did; `custom_objects` gives them
    back. Objects are replaced by their classes and arguments."""
    if hasattr(value, "get_config") and not isinstance(value, type):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, dict):
        return {key: _names(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_names(item) for item in value]
    if callable(value) and not hasattr(value, "__name__"):
        raise ConfigError(
            f"The model was compiled with {value!r:.80}, which a file can't hold: it "
            f"has neither a name nor get_config(). Define in {type(value).__name__} "
            "get_config(self), which returns a dict of its constructor's arguments; or "
            "pass a function made with `def`. To save weights alone: "
            "model.save_weights(path)."
        )
    return getattr(value, "__name__", value)


def forgotten(optimizer) -> Encoded | None:
    """Returns the optimizer's variables that are in neither its weights nor its
    configuration, such as Nadam's `m_schedule`, for a file.

    None if there are none, or if the optimizer has no state yet.
    """
    if not optimizer.weights:
        return None
    config = optimizer.get_config()
    values = values_of(optimizer, optimizer.weights)
    unsaved = {key: listed for key, listed in values.items() if key not in config}
    return encoded({KEY: unsaved}) if unsaved else None


def check_and_write(model, filepath: PathLike, state: ModelState) -> None:
    """Checks a model's names, and writes its state.

    # Arguments
        model: the model, for plugins.
        filepath: path; its suffix selects the format.
        state: the state to write.
    """
    if model_files.path_of(filepath).suffix in model_files.TEXTS:
        raise ArgumentError(
            f"{filepath} would be a text: write model.to_json() or model.to_yaml() "
            f"there, and save weights or the whole model to a file that ends in .h5."
        )
    check_names(state.weights)
    if state.model_config is not None:
        check_sequentials(model)
        warn_of_losses(model)
    check_names([("optimizer_weights", state.optimizer_weights or [])])
    model_files.write_and_notify(model, filepath, state)


def _layer_weights(model) -> LayerWeights:
    return [
        (str(layer.name), _named_values(layer.weights))
        for layer in model.weight_layers()
    ]


def _named_values(variables: Iterable[Any]) -> Named:
    """Returns names and values. The names end as TensorFlow's do if the convolution is
    TensorFlow's, which says that kernels aren't flipped."""
    suffix = ":0" if K.convolution() == "tensorflow" else ""
    named: dict[str, Any] = {}
    for index, variable in enumerate(variables):
        name = (variable.name or "").removesuffix(":0")
        if problem(name):
            name = "param"
        if name == "param" or name + suffix in named:
            name = f"{name}_{index}"
        named[name + suffix] = variable
    return list(zip(named, K.batch_get_value(list(named.values()))))


def check_names(weights: LayerWeights) -> None:
    """Checks that the name of each layer and each weight is a separate path in a file.

    # Raises
        ArgumentError: if it isn't; names the layers.
    """
    paths = []
    for layer, named in weights:
        names = [name for name, _ in named]
        reason = next(filter(None, map(problem, [layer, *names])), None)
        if reason is not None:
            raise _unsaveable(layer, reason)
        paths.append((layer.split("/"), True, layer))
        for name in names:
            paths.append((f"{layer}/{name}".split("/"), False, layer))
    # In this order, what is below a path follows it.
    for (path, is_layer, owner), (next_path, _, layer) in pairwise(sorted(paths)):
        taken = "another layer" if is_layer else f"a weight of the layer {owner!r:.80}"
        around = next_path if is_layer else next_path[: len(path)]
        if path == around:
            raise _unsaveable(layer, f"its path in the file is that of {taken}")


def _unsaveable(layer: str, reason: str) -> ArgumentError:
    return ArgumentError(
        f"The layer {layer!r:.80} can't be saved under that name: {reason}. "
        "Rename it and save again: model.layers[…].name = '…'."
    )


def check_sequentials(model, outer: dict[str, Any] | None = None) -> None:
    """Checks that layers with the same name in a Sequential and its inner Sequentials
    are the same layer.

    Keras 1 makes them one shared layer when it builds the model again.

    # Raises
        ArgumentError: if it isn't; names the layers.
    """
    if not isinstance(model, Sequential):
        return
    layers_by_name = {} if outer is None else outer
    for layer in model.layers:
        if layers_by_name.setdefault(layer.name, layer) is not layer:
            raise ArgumentError(
                f"{model.name!r} has two layers named {layer.name!r:.80}, one in a "
                "Sequential inside: loading would turn them into one layer. "
                "Rename one: layer.name = '…'."
            )
        check_sequentials(layer, layers_by_name)


def problem(name: str) -> str | None:
    """Returns why a name can't be stored; None if it can."""
    steps = name.split("/")
    if not name or "\0" in name:
        return "it is empty, or has a character of code 0"
    if not all(steps) or {".", ".."} & set(steps) or len(steps) > MAX_STEPS:
        return (
            f"'/' divides it into parts, which are at most {MAX_STEPS} and neither "
            f"empty nor '.' or '..'"
        )
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "it contains half a character, which a text can't hold"
    if length > MAX_BYTES:
        return f"it is longer than {MAX_BYTES:,} bytes"
    if not is_visible(name):
        return "it has a character that isn't shown as it is, such as a line's end"
    return None


class Files:
    """The service `saving`: what the kernel calls."""

    save_model = staticmethod(save_model)
    save_weights = staticmethod(save_weights)
    load_weights = staticmethod(load_weights)
    save_weights_to_hdf5_group = staticmethod(save_weights_to_hdf5_group)
    load_weights_from_hdf5_group = staticmethod(load_weights_from_hdf5_group)


service: services.Saving = Files()
