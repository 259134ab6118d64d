"""Loading: turns a file's plain data into a model again, or into the weights of one;
and builds models, without weights, from configurations: dicts, JSON and YAML.

Everything is checked before anything changes.
"""

import math
from collections.abc import Callable, Iterator
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
from oneiros.engine.container import Container
from oneiros.errors import ConfigError, FileFormatError, OneirosError, UnsafeFileError
from oneiros.load_context import MAX_PARAMETERS, BuildLimits
from oneiros.user_warnings import warn
from oneiros_backend_toolkit.interrupts import interrupted_safely, safe_point
from oneiros_initializations.postponed import Postponed
from oneiros_old_files import dim_ordering
from oneiros_old_files.base import Origin
from oneiros_old_files.configs import migrated
from oneiros_old_files.file_origin import origin_of
from oneiros_old_files.other_gates import note_described, note_other_gates
from oneiros_old_files.variable_groups import by_layer, entry_of
from oneiros_old_files.weight_layouts import in_order_of_layers
from oneiros_safe_files import file_access, json_text
from oneiros_safe_files.budget import UNTRUSTED, Budget, checked, checking, running
from oneiros_safe_files.config_extent import check_extent
from oneiros_safe_files.model_state import ModelState
from oneiros_training.parts import whole

from oneiros_saving import model_files, provenance
from oneiros_saving.caller_choices import CallerChoices, Objects, Plugins
from oneiros_saving.formats.keras3 import unread
from oneiros_saving.model_files import PathLike
from oneiros_saving.restoring import compile_as_stored, matched_pairs

Config = dict[str, Any]
WEIGHT_BYTES = 4
"""What a weight takes in memory."""
SPARE_PARAMETERS = 2**22
"""The number of scalars that a model may create beyond those in its file: the states of
recurrent layers."""
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
):
    """Loads a model that `save_model` or Keras 1, 2 or 3 saved; compiles it if it was
    compiled.

    # Arguments
        filepath: path.
        custom_objects: dict from names in the file to your own classes and functions.
        functions: dict from layer name to the function of a `Lambda` or `Merge` layer;
            files don't store these.
        budget: `oneiros.saving.Budget`, limits for reading the file.
        trained_on: `"theano"` or `"tensorflow"`, if the weights' names don't tell:
            kernels trained on Theano are flipped.
        plugins: the plugins that the file may import: `"installed"`, `"loaded"` (only
            those already imported), or a list of distributions from which more may be
            imported. Oneiros' own are always permitted.

    # Raises
        FileMissingError, FileFormatError: if there is no file, or it doesn't hold a
            whole model.
        FileAccessError: if memory is short, or the system doesn't let the file be read.
        ConfigError: if a model of Keras 2 or 3 needs a feature that Keras 1 doesn't
            have; names the layer and the argument.
        UnsafeFileError: if the file asks for something that loading never does.
    """
    choices = CallerChoices(custom_objects, functions, plugins)
    with timed(budget, filepath), opened(filepath, budget) as state:
        model = model_of(state, filepath, choices, trained_on)
    tell_loaded(model, filepath)
    return model


def load_untrusted(
    filepath: PathLike,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    budget: Budget = UNTRUSTED,
):
    """Loads a model that a stranger may have made, such as an upload to a service.

    It differs from `load_model` in three ways: it ends after ten seconds of the
    processor's time, imports no plugin but those of Oneiros and those that are
    imported already, and doesn't know the `custom_objects` of earlier loads.

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
    model: Container,
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
    with (
        timed(budget, filepath),
        opened(filepath, budget) as state,
        K.use(backend_of(model)),
    ):
        origin = origin_of(state, trained_on)
        weights = state.weights
        if state.groups is not None:
            weights = by_layer(state.groups, entry_of(model))
            weights += unread(state.groups)
        K.batch_set_value(matched_pairs(model, weights, filepath, by_name, origin))
        note_other_gates(model, origin, state.model_config, filepath)
    tell_loaded(model, filepath)


def load_weights_from_hdf5_group(model, f, by_name: bool = False) -> None:
    """Reads a model's weights from `f`, an open `h5py.Group`; for `by_name`, see
    `load_weights`."""
    state = model_files.hdf5().read_weights(f, Budget())
    with K.use(backend_of(model)):
        origin = origin_of(state)
        K.batch_set_value(
            matched_pairs(model, state.weights, "The group", by_name, origin)
        )
        note_other_gates(model, origin, None, "The group")


# The file


@contextmanager
def opened(
    filepath: PathLike, budget: Budget | None = None, contents: ModelState | None = None
) -> Iterator[ModelState]:
    """Context manager that reads a file, unless its contents are given, and returns
    them.

    Inside it, errors get a note with the file's name.
    """
    path = model_files.path_of(filepath)
    try:
        with file_access.loading(path, (MemoryError,)):
            hooks.call("oneiros_before_load", path=model_files.existing(filepath))
            state = contents or model_files.read(filepath, budget)[1]
            yield state
        _warn_of_unread(filepath, state.unread)
    except OneirosError as error:
        error.add_note(f"This happened while loading {filepath}.")
        raise


def _warn_of_unread(filepath: PathLike, unread: list[str]) -> None:
    if not unread:
        return
    paths = ", ".join(unread[:SHOWN_PATHS])
    more = ", …" if len(unread) > SHOWN_PATHS else ""
    warn(
        f"{filepath} has contents that belong to no model and weren't read: "
        f"{paths:.300}{more}."
    )


def tell_loaded(model, filepath: PathLike) -> None:
    """Calls the hook of what has been loaded."""
    hooks.call("oneiros_after_load", model=whole(model), path=Path(filepath))


# The model


def model_of(
    state: ModelState,
    source: PathLike,
    choices: CallerChoices,
    trained_on: str | None = None,
):
    """Returns the model that a file's contents describe, compiled if it was; for the
    arguments, see `load_model`.

    The configuration becomes that of Keras 1 if another version wrote it, is checked,
    and becomes layers without values. The file's weights follow, then the values that
    it doesn't hold, and the optimizer with its state.
    """
    if state.model_config is None:
        raise FileFormatError(
            f"{source} holds only weights: build the model and load_weights(path)."
        )
    origin = origin_of(state, trained_on)
    limits = limits_for(number_stored(state))
    with choices.in_force(limits, source, provenance.recorded_in(state)):
        initial_values = Postponed()
        with load_context.changed(postponed=initial_values):
            model = checked_model(_built(state, origin, choices), source)
        with K.use(backend_of(model)):
            loaded = _set_weights(model, state, origin, source)
            initial_values.draw(loaded)
            compile_as_stored(model, state, origin, source)
    return model


def number_stored(state: ModelState) -> int:
    """Returns the number of scalars in a file's weights."""
    return sum(value.size for _, arrays in state.weights for _, value in arrays)


def _built(state: ModelState, origin: Origin, choices: CallerChoices):
    """Returns the model of a configuration, without values."""
    config = migrated(state.model_config, origin)
    choices.check_functions(config)
    training_config = state.training_config if origin.keras < 2 else None
    recorded = provenance.recorded_in(state)
    provenance.check(config, training_config, recorded)
    with dim_ordering.explained(config), provenance.versions_named(recorded):
        model = configs.layer_from_config(config)
    dim_ordering.warn_of_default(config, origin)
    if origin.keras > 1:
        note_described(model)
    return model


def checked_model(model, source):
    """Returns a model; raises FileFormatError if a file's configuration describes a
    single layer."""
    if not hasattr(model, "_make_train_function"):
        raise FileFormatError(
            f"{source} holds a {type(model).__name__}, which isn't a model."
        )
    return model


def _set_weights(model, state: ModelState, origin: Origin, source) -> list[Any]:
    """Sets a model's variables to the values of a file; returns these variables."""
    weights = state.weights
    if origin.keras > 1:
        weights = in_order_of_layers(model, weights)
    pairs = matched_pairs(model, weights, source, False, origin)
    handed_over = []
    for variable, value in pairs:
        is_ours = value.flags.owndata and value.flags.writeable
        # A variable may keep an array that owns its memory.
        handed_over.append((variable, donated(value) if is_ours else value))
    K.batch_set_value(handed_over)
    return [variable for variable, _ in pairs]


# Configurations without a file


def model_from_config(
    config: Config,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
    budget: Budget | None = None,
):
    """Builds a model, without weights, from `{"class_name": …, "config":
    model.get_config()}`.

    # Arguments
        config: dict as above.
        custom_objects, functions, plugins, budget: as for `load_model`. Limits that
            apply already take the place of the budget's.
    """
    choices = CallerChoices(custom_objects, functions, plugins)
    source = "The configuration"
    with timed(budget, source):
        return _built_from(config, choices, budget, source)


def model_from_json(
    json_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
    budget: Budget | None = None,
):
    """Builds a model, without weights, from the text that `model.to_json()` returned.

    # Arguments
        json_string: str, or bytes in UTF-8.
        custom_objects, functions, plugins, budget: as for `load_model`.
    """
    choices = CallerChoices(custom_objects, functions, plugins)
    parsed = json_text.loads_config
    return _from_text("The JSON text", json_string, parsed, choices, budget)


def model_from_yaml(
    yaml_string: str,
    custom_objects: Objects = None,
    functions: Objects = None,
    *,
    plugins: Plugins = "installed",
    budget: Budget | None = None,
):
    """Builds a model, without weights, from the text that `model.to_yaml()` returned.

    # Arguments
        yaml_string: str, bytes in UTF-8, or a file that is open for reading.
        custom_objects, functions, plugins, budget: as for `load_model`.
    """
    from oneiros_safe_files import yaml_text

    choices = CallerChoices(custom_objects, functions, plugins)
    text = _read(yaml_string)
    return _from_text("The YAML text", text, yaml_text.loads, choices, budget)


def _from_text(
    source: str,
    text,
    parsed: Callable[[Any], Any],
    choices: CallerChoices,
    budget: Budget | None,
):
    """Builds a model from a text; any other value is left to the parser to refuse."""
    with timed(budget, source):
        limit = checked(budget).text_bytes
        if isinstance(text, (str, bytes)) and len(text) > limit:
            raise UnsafeFileError(
                f"{source} has a length of {len(text):,}. The limit is {limit:,} "
                "(Budget.text_bytes). Nothing was built. If you trust it, pass a "
                f"larger limit: budget=oneiros.saving.Budget(text_bytes={len(text)})."
            )
        config = parsed(_decoded(text))
        return _built_from(config, choices, budget, source)


@contextmanager
def timed(budget: Budget | None, source: object) -> Iterator[None]:
    """Context manager with the clock that a budget asks for. Whoever looks at the clock
    notices Ctrl-C, too."""
    seconds = checked(budget).seconds
    with interrupted_safely(), checking(safe_point):
        if seconds < math.inf:
            K.variable(0.0)  # imports the engine, which isn't the text's time
        with running(seconds, source):
            yield


def _read(text):
    """Returns the text in an open file, or any other value as it is."""
    if not hasattr(text, "read"):
        return text
    try:
        return text.read()
    except (OSError, TypeError, ValueError) as error:
        raise ConfigError(f"{text!r:.80} can't be read: {error}.") from error


def _decoded(text):
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


def _built_from(config, choices: CallerChoices, budget: Budget | None, source: str):
    model_files.check_generation(config, source)
    state = ModelState(model_config=config)
    check_extent(state, budget, source)
    origin = origin_of(state) if isinstance(config, dict) else Origin()
    recorded = provenance.recorded_in(state)
    with choices.in_force(limits_for(None, budget), source, recorded):
        return _built(state, origin, choices)


def limits_for(stored: int | None, budget: Budget | None = None) -> BuildLimits:
    """Returns the limits for building what a file or a text describes, unless the
    caller chose others with `parameter_budget`.

    # Arguments
        stored: int, the number of scalars in the weights that a file holds; None for a
            text.
        budget: the limits for a text; None for those around, if there are any.
    """
    around = load_context.current().limits
    if around is not None and stored is None and budget is None:
        return around
    limits = around or BuildLimits()
    parameters = limits.parameters
    if stored is None:
        in_memory = checked(budget).array_bytes / WEIGHT_BYTES
        parameters = int(min(parameters, in_memory))
    elif parameters == MAX_PARAMETERS:
        parameters = stored + SPARE_PARAMETERS
    return BuildLimits(parameters, limits.calls)
