"""Loading: turns a file's plain data into a model again, or into the weights of one.

Everything is checked before anything changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oneiros import backend as K
from oneiros import config as configs
from oneiros import load_context
from oneiros import plugins as hooks
from oneiros.arguments import open_to_old_code
from oneiros.backend.dispatch import backend_of
from oneiros.backend.donated_arrays import donated
from oneiros.errors import FileFormatError, OneirosError
from oneiros.interrupts import repeated_interrupts
from oneiros_backend_toolkit.user_warnings import warn
from oneiros_initializations.postponed import Postponed
from oneiros_old_files import dim_ordering
from oneiros_old_files.base import Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.file_origin import origin_of
from oneiros_old_files.weight_layouts import in_order_of_layers
from oneiros_safe_files import file_access
from oneiros_safe_files.budget import UNTRUSTED, Budget
from oneiros_safe_files.model_state import ModelState

from oneiros_saving import installed_formats, missing_names, model_files, provenance
from oneiros_saving.caller_choices import CallerChoices, Objects, Plugins
from oneiros_saving.model_files import PathLike
from oneiros_saving.model_from_config import checked_model, limits_for, timed
from oneiros_saving.training_config import compile_as_stored
from oneiros_saving.weight_matching import matched_pairs

SHOWN_PATHS = 5
"""The maximum number of unknown groups and arrays of a file to list."""


@open_to_old_code
def load_model(
    filepath: PathLike,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    budget: Budget | None = None,
    trained_on: str | None = None,
    plugins: Plugins = "installed",
) -> Any:
    """Loads a model that `save_model` or Keras 1, 2 or 3 saved; compiles it if it was
    compiled.

    # Arguments
        filepath: path.
        custom_objects: dict from names in the file to your own classes and functions.
        functions: dict from layer name to the function of a `Lambda` or `Merge` layer;
            files don't store these.
        budget: `oneiros.saving.Budget`, limits for reading the file.
        trained_on: `"theano"` or `"tensorflow"`, if the weights' names don't tell.
            Convolution kernels trained on Theano are flipped, because convolution here
            works as in TensorFlow.
        plugins: the plugins that the file may import: `"installed"`, `"loaded"` (only
            those already imported), or a list of distributions from which more may be
            imported. Oneiros' own are always permitted. The logger `oneiros` reports
            imports.

    # Raises
        FileMissingError, FileFormatError: if there is no file, or it doesn't hold a
            whole model.
        FileAccessError: if memory is short, or the system doesn't let the file be read.
        ConfigError: if a model of Keras 2 or 3 needs a feature that Keras 1 doesn't
            have; names the layer and the argument.
        UnsafeFileError: if the file asks for something that loading never does.
    """
    choices = CallerChoices(custom_objects, functions, plugins)
    with (
        repeated_interrupts(),
        timed(budget, filepath),
        opened(filepath, budget) as state,
    ):
        model = model_of(state, filepath, choices, trained_on)
    tell_loaded(model, filepath)
    return model


def load_untrusted(
    filepath: PathLike,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    budget: Budget = UNTRUSTED,
) -> Any:
    """Loads a model that a stranger may have made, such as an upload to a service.

    It differs from `load_model` in two ways: it ends after ten seconds of the
    processor's time, and imports no plugin but those of Oneiros and those that are
    imported already.

    # Arguments
        filepath: path.
        custom_objects, functions: as for `load_model`.
        budget: `oneiros.saving.Budget`, limits for reading and building.

    # Raises
        OneirosError: whatever is wrong with the file.
    """
    return load_model(
        filepath, custom_objects, functions, budget=budget, plugins="loaded"
    )


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
        model: a model with the same layers in the same order or, with `by_name`, with
            layer names in common.
        filepath: path.
        by_name: bool, whether to match layers by name; the others keep their weights.
        budget: `oneiros.saving.Budget`, limits for reading the file.
        trained_on: as for `load_model`.
    """
    with opened(filepath, budget) as state, K.use(backend_of(model)):
        origin = origin_of(state, trained_on)
        K.batch_set_value(
            matched_pairs(model, state.weights, filepath, by_name, origin)
        )
    tell_loaded(model, filepath)


def load_weights_from_hdf5_group(model: Any, f: Any, by_name: bool = False) -> None:
    """Reads a model's weights from `f`, an open `h5py.Group`; for `by_name`, see
    `load_weights`."""
    state = installed_formats.hdf5().read_weights(f, Budget())
    with K.use(backend_of(model)):
        origin = origin_of(state)
        K.batch_set_value(
            matched_pairs(model, state.weights, "The group", by_name, origin)
        )


# The file


@contextmanager
def opened(
    filepath: PathLike, budget: Budget | None = None, contents: ModelState | None = None
) -> Iterator[ModelState]:
    """Context manager that reads a file, unless its contents are given, and returns
    them.

    Inside it, errors get a note with the file's name, and with the recorded origin of a
    missing object.
    """
    state = contents or ModelState()
    path = model_files.path_of(filepath)
    try:
        with file_access.loading(path, (MemoryError,)):
            hooks.call("oneiros_before_load", path=model_files.existing(filepath))
            if contents is None:
                _, state = model_files.read(filepath, budget)
            yield state
        if state.unread:
            _warn_of_unread(filepath, state.unread)
    except OneirosError as error:
        error.add_note(f"This happened while loading {filepath}.")
        _note_origins(error, state)
        raise


def _note_origins(error: OneirosError, state: ModelState) -> None:
    for key, origin in state.provenance.items():
        kind, _, name = key.partition(":")
        is_named = kind in provenance.NAMED_KINDS and repr(name) in str(error)
        sentence = provenance.stated(origin)
        if is_named and sentence and sentence not in str(error):
            error.add_note(f"{kind.capitalize()} {name!r}: {sentence}")


def _warn_of_unread(filepath: PathLike, unread: list[str]) -> None:
    paths = ", ".join(unread[:SHOWN_PATHS])
    more = ", …" if len(unread) > SHOWN_PATHS else ""
    warn(
        f"{filepath} has contents that belong to no model and weren't read: "
        f"{paths:.300}{more}."
    )


def _check_whole(state: ModelState, source: Any) -> None:
    if state.model_config is None:
        raise FileFormatError(
            f"{source} holds only weights: build the model and load_weights(path)."
        )


def tell_loaded(model: Any, filepath: PathLike) -> None:
    """Calls the hook of what has been loaded."""
    hooks.call("oneiros_after_load", model=model, path=Path(filepath))


# The model


def model_of(
    state: ModelState,
    source: PathLike,
    choices: CallerChoices,
    trained_on: str | None = None,
) -> Any:
    """Returns the model that a file's contents describe, compiled if it was; for the
    arguments, see `load_model`."""
    _check_whole(state, source)
    origin = origin_of(state, trained_on)
    with choices.in_force(limits_for(number_stored(state)), source):
        initial_values = Postponed()
        with load_context.changed(postponed=initial_values):
            model = _built(state, origin, source, choices)
        with K.use(backend_of(model)):
            loaded = _set_weights(model, state, origin, source)
            initial_values.draw(loaded)
            compile_as_stored(model, state, origin, source)
    return model


def number_stored(state: ModelState) -> int:
    """Returns the number of scalars in a file's weights."""
    return sum(value.size for _, arrays in state.weights for _, value in arrays)


def _built(
    state: ModelState, origin: Origin, source: Any, choices: CallerChoices
) -> Any:
    """Returns the model of a file's configuration, without values."""
    config = migrated(state.model_config, origin)
    choices.check_functions(config)
    training_config = state.training_config if origin.keras < 2 else None
    missing_names.check(config, training_config, state.provenance)
    with dim_ordering.explained(config):
        model = checked_model(configs.layer_from_config(config), source)
    dim_ordering.warn_of_default(config, origin)
    return model


def _set_weights(
    model: Any, state: ModelState, origin: Origin, source: Any
) -> list[Any]:
    """Sets a model's variables to the values of a file; returns these variables."""
    weights = state.weights
    if origin.keras > 1:
        weights = in_order_of_layers(model, weights)
    pairs = matched_pairs(model, weights, source, False, origin)
    K.batch_set_value([(variable, _handed_over(value)) for variable, value in pairs])
    return [variable for variable, _ in pairs]


def _handed_over(value: Any) -> Any:
    """Returns an array read from a file; a variable may keep it if it owns its
    memory."""
    return donated(value) if value.flags.owndata and value.flags.writeable else value
