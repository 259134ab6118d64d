"""`Keras2Layer`: describes a layer of Keras 2 with a table of its arguments."""

import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from oneiros import backend as K
from oneiros import registry
from oneiros.errors import ConfigError, UnknownNameError

from oneiros_old_files.base import (
    HERE,
    Arrays,
    Config,
    Described,
    Migration,
    Origin,
    Reference,
    UnsupportedError,
    absent_owner,
)
from oneiros_old_files.convolution_kernels import flipped, kernels_changed
from oneiros_old_files.keras3 import (
    DIM_ORDERINGS,
    DOUBLE,
    MIXED,
    PACKAGE,
    Keras3Layer,
    activation_here,
    argument_there,
    check_own,
    name_here,
)
from oneiros_old_files.keras3_graph import places_of
from oneiros_old_files.parts import part_of_layer, plain
from oneiros_old_files.rows import ANY, NEUTRAL, Renamed, same_names

T = TypeVar("T")
EXTENDED = "Keras2"
"""What the names begin with of classes that do what Keras 1's of the name don't."""
DTYPES = ("dtype", "autocast")
"""Arguments with the type in which a layer computes."""
FLOATS = ("float", "bfloat", "mixed")
"""Prefixes of the names of float types."""
OTHERWISE_THERE = {"data_format": "channels_last", "reset_after": False}
"""What layers do here that don't say so, and in Keras 3 otherwise, or by a setting."""
SHAPES = (
    "batch_input_shape",
    "input_dtype",
    "input_dim",
    "input_length",
    "name",
    "trainable",
)
"""Arguments that describe a layer's input, or name it."""
LAYER_AS_ACTIVATION = "ActivationWith"
"""The migration of layers that are the activation of others."""
UNNEEDED = ("atrous_rate", "consume_less", "dropout", "output_shape")
"""Arguments that predictions don't depend on, or that `complete_there` adds."""
COMMON: Renamed = {
    "name": "name",
    "trainable": "trainable",
    "batch_input_shape": "batch_input_shape",
}


class Keras2Layer(Migration):
    """A layer of later versions that exists here under other names.

    A subclass sets the properties of a `MigrationRow`.
    """

    name: str
    renamed: Renamed = {}
    neutral: Mapping[str, Any] = {}
    added: Mapping[str, Any] = {}
    keras3: str | None = ""
    of_keras1 = False
    as_stored = False
    inputs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    flips = False

    def __init__(self, origin: Origin = HERE, row: dict[str, Any] | None = None):
        super().__init__(origin, row)
        if self.as_stored:
            self.renamed = {**same_names(*self._own_arguments()), **self.renamed}

    def _own_arguments(self) -> Mapping[str, inspect.Parameter]:
        """Returns the arguments of the class here, those of its base classes, too."""
        found: dict[str, inspect.Parameter] = {}
        for cls in registry.resolve("layer", self.name).__mro__:
            constructor = vars(cls).get("__init__")
            if inspect.isfunction(constructor):
                found = {**inspect.signature(constructor).parameters, **found}
        return found

    def flipped(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns the weights; kernels that Theano flips begin with the window."""
        if not self.flips:
            return arrays
        return kernels_changed(flipped, arrays, "tf")

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer of Keras 3, by the tables read backwards."""
        if self.keras3 is None:
            return None
        self._check_expressible(config)
        arguments = dict(OTHERWISE_THERE)
        for argument, names in self.renamed.items():
            if isinstance(names, tuple):
                arguments[argument] = [config[name] for name in names]
            elif names in config:
                value = config[names]
                is_layer = argument == "activation" and isinstance(value, dict)
                there = _layer_there(value) if is_layer else None
                arguments[argument] = there or argument_there(argument, value)
        self.complete_there(arguments, config)
        arrays_there = self.weights_there(config, arrays)
        return Keras3Layer(self.keras3 or self.name, arguments, arrays_there)

    def complete_there(self, arguments: Config, config: Config) -> None:
        """Changes arguments for Keras 3, once the tables have been applied.

        # Raises
            ConfigError: if an argument has no counterpart; says which.
        """

    def weights_there(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns a layer's weights in the layout of Keras 3."""
        return arrays

    def _check_expressible(self, config: Config) -> None:
        """Raises ConfigError for an argument that Keras 3 doesn't have, unless it has
        the value that a layer has without it."""
        known = {*SHAPES, *UNNEEDED}
        for names in self.renamed.values():
            known.update([names] if isinstance(names, str) else names)
        parameters = self._own_arguments()
        for name, value in config.items():
            if name in known or name.endswith("init"):
                continue
            default = parameters[name].default if name in parameters else None
            if value not in (default, None):
                raise ConfigError(
                    f"it has {name}={value!r:.80}, which Keras 3 doesn't have."
                )

    def translated(self, name: str, config) -> Described:
        """Returns the class and its arguments here; raises an error for settings
        without an equivalent.

        # Raises
            ConfigError: names the layer, the argument and a solution.
        """
        is_of_keras1 = self.of_keras1 and not name.startswith(PACKAGE)
        if self.origin.keras < 2 or is_of_keras1:
            return name, config
        arguments = dict(self.added)
        names_here = {**COMMON, **self.renamed}
        neutral = {**NEUTRAL, **self.neutral}
        for argument, value in config.items():
            if argument in DTYPES:
                arguments |= self._input_dtype(name, config, value)
                continue
            if argument in names_here:
                names = names_here[argument]
                try:
                    arguments |= _renamed(names, argument, plain(value), self.origin)
                except ConfigError as error:
                    raise UnsupportedError(
                        f"The {name} layer {config.get('name')!r} of Keras "
                        f"{self.origin.keras} can't be read: {error}",
                        in_few_words(name, argument, value),
                        absent_owner("activation", name_here(value)),
                    ) from error
                continue
            values = neutral.get(argument, ())
            if values is not ANY and plain(value) not in values:
                self.refuse(name, config, argument)
        self.complete(arguments, config)
        return self.name, arguments

    def called(
        self, config: Config, inputs: list[Reference], arguments: Config
    ) -> list[Reference]:
        """Returns the references to a call's inputs, then to those in its arguments,
        and adds its other arguments to the layer's."""
        others = dict(arguments)
        for name in self.inputs:
            inputs = [*inputs, *places_of(others.pop(name, None) or [])]
        for name in self.settings:
            if others.get(name):
                config[name] = others.pop(name)
        return super().called(config, inputs, others)

    def complete(self, arguments: Config, config: Config) -> None:
        """Changes the arguments here, once the tables have been applied.

        # Raises
            ConfigError: if an argument has no counterpart; says which.
        """

    def refuse(self, name: str, config: Config, argument: str) -> NoReturn:
        """Raises the error for an argument without an equivalent here."""
        value = plain(config.get(argument))
        raise UnsupportedError(
            f"The {name} layer {config.get('name')!r} has {argument}={value!r:.80}, "
            f"which the {self.name} here doesn't support. If you have a class that "
            f"does, pass custom_objects={{{name!r}: YourClass}}; it receives the "
            "arguments as stored.",
            in_few_words(name, argument, value),
        )

    def _input_dtype(self, name: str, config: Config, stored_dtype) -> dict[str, str]:
        """Returns the argument `input_dtype` if the layer has it.

        # Raises
            ConfigError: if the layer computes in another type than it would here.
        """
        dtype = stored_dtype
        if isinstance(stored_dtype, dict):
            dtype = stored_dtype.get("config", {}).get("name")
        if not isinstance(dtype, str):
            return {}
        dtype = K.floatx() if dtype in (DOUBLE, *MIXED) else dtype
        if dtype.startswith(FLOATS) and dtype != K.floatx():
            raise UnsupportedError(
                f"The {name} layer {config.get('name')!r} computes in {dtype!r:.40}, "
                f"but here it would in {K.floatx()}. Save the model again as that, or "
                f"call oneiros.backend.set_floatx({dtype!r:.40}) before loading, if it "
                "is a type there.",
                in_few_words(name, "dtype", dtype),
            )
        return {"input_dtype": dtype} if config.get("batch_input_shape") else {}


def first_possible(
    names: Sequence[str],
    origin: Origin,
    kind: str,
    read: Callable[[str, Migration], T],
    reason: ConfigError | None = None,
) -> T | None:
    """Returns what the first of several classes makes of what a file says; None if none
    is there. What Keras 1's class doesn't do, one that a plugin calls `Keras2…` may.

    # Arguments
        names: the names of the classes, the best one first.
        origin: `Origin`.
        kind: str, what they are: `"layer"`, `"optimizer"`, …
        read: function of a class's name and its migration.
        reason: ConfigError, why nothing else can.

    # Raises
        ConfigError: if none can; says why, and which plugin may.
    """
    for name in names:
        migration = migration_of(name, origin)
        if migration is None:
            continue
        try:
            return read(name, migration)
        except ConfigError as error:
            reason = error
    if reason is None:
        return None
    if not isinstance(reason, UnsupportedError):
        reason = UnsupportedError(str(reason))
    owner = max(absent_owner(kind, name) for name in names)
    if owner and not reason.owner:
        reason = UnsupportedError(str(reason), reason.what, owner)
    raise reason


def in_few_words(name: str, argument: str, value) -> str:
    """Returns a layer with one of its arguments, such as `"ReLU(max_value=6)"`."""
    shown = f"{value:g}" if isinstance(value, float) else f"{plain(value)!r:.40}"
    return f"{name}({argument}={shown})"


def migration_of(name, origin: Origin = HERE) -> Migration | None:
    """Returns the migration for a class's name, or None.

    # Raises
        NameConflictError, PluginLoadError: if two plugins register one, or the plugin
            is broken.
    """
    if not isinstance(name, str) or registry.find("migration", name) is None:
        return None
    origin = origin.of_class(name)
    try:
        found = registry.resolve("migration", name)
    except UnknownNameError:
        return None
    if isinstance(found, dict):
        base = found.get("base")
        cls: type[Migration] = pkgutil.resolve_name(base) if base else Keras2Layer
        try:
            return cls(origin, {"name": name, **found})
        except UnknownNameError:  # of a plugin that may not be imported
            return None
    migration: Migration = found(origin)
    return migration


def _renamed(
    names: str | tuple[str, ...], argument: str, value, origin: Origin
) -> Config:
    """Returns an argument of Keras 2 under its name or names here.

    # Arguments
        names: name here, or tuple of names for the items of a list.
        argument: str, the name in Keras 2.
        value: the value; one number stands for a list of equal items.
        origin: `Origin`, from which initializers and the like are converted.

    # Raises
        ConfigError: if a list has another number of items than there are names, or a
            function has no equivalent.
    """
    if isinstance(names, tuple):
        is_list = isinstance(value, (list, tuple))
        values = value if is_list else [value] * len(names)
        if len(values) != len(names):
            raise ConfigError(
                f"{argument}={value!r:.80} has {len(values)} items. Expected "
                f"{len(names)}: {', '.join(names)}."
            )
        return dict(zip(names, values))
    if argument.endswith("activation"):
        return {names: _activation(value, origin)}
    if argument == "data_format" and names != argument:
        return {names: DIM_ORDERINGS.get(value, value)}
    if argument.endswith(("_initializer", "_regularizer", "_constraint")):
        return {names: part(value, origin)}
    return {names: value}


def _activation(value, origin: Origin):
    """Returns an activation here: a name, or a configuration for a layer of Keras."""
    name = value.get("class_name") if isinstance(value, dict) else None
    if name == "function":
        value = value["config"]
    elif name is not None:
        migration = migration_of(LAYER_AS_ACTIVATION, origin)
        if migration is not None:
            _, described = migration.translated(name, value["config"])
            return described
    return activation_here(value) if origin.keras > 2 else value


def _layer_there(config: Config) -> Config | None:
    """Returns the layer of Keras 3 that is an activation here; None if there is
    none."""
    migration = migration_of(config.get("name"))
    if migration is None:
        return None
    layer = migration.to_keras3(config, [])
    if layer is None:
        return None
    return {
        "module": "keras.layers",
        "class_name": layer.class_name,
        "config": layer.arguments,
        "registered_name": None,
    }


def part(value, origin: Origin):
    """Converts a stored initializer, regularizer or constraint to a name, a dict or
    None.

    # Raises
        ConfigError: if it isn't one of Keras's own.
    """
    if origin.keras > 2:
        check_own(value)
    entry = value if isinstance(value, dict) else {"class_name": value}
    name = entry.get("class_name")
    config = entry.get("config") or {}
    own = part_of_layer(name, config)
    if own is not None:
        return own
    migration = migration_of(name, origin)
    if migration is None:
        return value
    _, part_here = migration.translated(str(name), dict(config))
    return part_here
