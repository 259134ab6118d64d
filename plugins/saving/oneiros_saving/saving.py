"""Saving: turns a model into plain data, a `ModelState`, which a format plugin
writes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros import plugins, registry
from oneiros.arguments import open_to_old_code
from oneiros.backend.dispatch import backend_of
from oneiros.errors import ArgumentError
from oneiros.interrupts import repeated_interrupts
from oneiros_backend_toolkit.stored_values import LOCK
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_safe_files import file_access
from oneiros_safe_files.model_state import LayerWeights, ModelState, Named

from oneiros_saving import installed_formats, model_files, provenance
from oneiros_saving.model_files import PathLike
from oneiros_saving.optimizer_state import forgotten
from oneiros_saving.storable_names import check_names, check_sequentials, problem
from oneiros_saving.training_config import training_config

SUFFIXES_OF_OTHERS = {
    ".joblib": "joblib",
    ".keras": "Keras 3",
    ".npy": "NumPy",
    ".npz": "NumPy",
    ".onnx": "ONNX",
    ".pb": "TensorFlow",
    ".pickle": "pickle",
    ".pkl": "pickle",
    ".pt": "PyTorch",
    ".pth": "PyTorch",
    ".tflite": "TensorFlow Lite",
}
"""Suffixes of formats that Oneiros doesn't write, and their owners."""


@open_to_old_code
def save_model(model: Any, filepath: PathLike, overwrite: bool = True) -> None:
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
    with repeated_interrupts(), enough_memory(filepath):
        write(model, filepath, state_of(model), overwrite)


def save_weights(model: Any, filepath: PathLike, overwrite: bool = True) -> None:
    """Saves only a model's weights; the arguments are those of `save_model`."""
    with repeated_interrupts(), enough_memory(filepath):
        with K.use(backend_of(model)), LOCK:
            state = ModelState(weights=_layer_weights(model))
        write(model, filepath, state, overwrite)


def save_weights_to_hdf5_group(model: Any, f: Any) -> None:
    """Writes a model's weights into `f`, an open `h5py.Group`."""
    with K.use(backend_of(model)), LOCK:
        installed_formats.hdf5().write_weights(f, _layer_weights(model))


def enough_memory(filepath: PathLike) -> AbstractContextManager[None]:
    """Returns a context manager under which a model is saved: if memory is short, the
    error is a `FileAccessError`."""
    return file_access.saving(model_files.path_of(filepath), (MemoryError,))


def state_of(model: Any) -> ModelState:
    """Returns a model as plain data, for a file: its state between two updates, even
    if another thread trains it."""
    with K.use(backend_of(model)), LOCK:
        state = configuration_of(model)
        optimizer = getattr(model, "optimizer", None)
        state.weights = _layer_weights(model)
        state.optimizer_weights = _named_values(getattr(optimizer, "weights", ()))
        state.training_state = forgotten(optimizer) if state.training_config else None
    return state


def configuration_of(model: Any) -> ModelState:
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
        state.provenance = provenance.recorded(
            model, state.model_config, state.training_config
        )
    return state


def write(model: Any, filepath: PathLike, state: ModelState, overwrite: bool) -> None:
    """Writes the state of a model, and notifies plugins.

    # Arguments
        model: the model, for plugins.
        filepath: path; its suffix selects the format.
        state: the state to write.
        overwrite: bool, as for `save_model`.
    """
    if model_files.path_of(filepath).suffix in model_files.TEXTS:
        raise ArgumentError(
            f"{filepath} would be a text: write model.to_json() or model.to_yaml() "
            f"there, and save weights or the whole model to a file that ends in .h5."
        )
    check_names(state.weights)
    if state.model_config is not None:
        check_sequentials(model)
    check_names([("optimizer_weights", state.optimizer_weights or [])])
    path = model_files.target(filepath, overwrite)
    if path is not None:
        plugins.call("oneiros_before_save", model=model, path=path)
        model_files.write(path, state)
        plugins.call("oneiros_after_save", model=model, path=path)
        _warn_of_suffix(path)


def _warn_of_suffix(path: Path) -> None:
    """Warns if a file that was written looks like one of another format."""
    suffix = path.suffix.lower()
    if suffix in SUFFIXES_OF_OTHERS and not installed_formats.has_suffix(suffix):
        warn(
            f"{path.name} is an HDF5 file, as Keras 1 writes for any suffix. "
            f"{suffix} is the suffix of {SUFFIXES_OF_OTHERS[suffix]}: call it "
            f"{path.with_suffix('.h5').name}.{_export_hint(path)}"
        )


def _export_hint(path: Path) -> str:
    if path.suffix.lower().removeprefix(".") not in registry.names("export"):
        return ""
    return (
        f" To write a file for {SUFFIXES_OF_OTHERS[path.suffix.lower()]}, type "
        f"oneiros.export(model, {path.name!r})."
    )


def _layer_weights(model: Any) -> LayerWeights:
    return [
        (str(layer.name), _named_values(layer.weights))
        for layer in model.weight_layers()
    ]


def _named_values(variables: Iterable[Any]) -> Named:
    """Returns names and values; the names end as TensorFlow's do, which says that
    kernels aren't flipped."""
    named: dict[str, Any] = {}
    for index, variable in enumerate(variables):
        name = (variable.name or "").removesuffix(":0")
        if problem(name):
            name = "param"
        if name == "param" or f"{name}:0" in named:
            name = f"{name}_{index}"
        named[f"{name}:0"] = variable
    return list(zip(named, K.batch_get_value(list(named.values())), strict=True))
