"""`Migration`, with which a plugin describes one of its classes in files of other
versions, and `Origin`, the version."""

import re
from dataclasses import dataclass, field, replace
from typing import Any

from oneiros import registry
from oneiros.errors import ConfigError

from oneiros_old_files.keras3 import Arrays as Arrays
from oneiros_old_files.keras3 import Config as Config
from oneiros_old_files.keras3 import Keras3Layer
from oneiros_old_files.moves import Moved

OF_TENSORFLOW = 4
"""The first minor version of Keras 2 that is always `tf.keras`."""
WITH_LABELS = 3
"""The first one whose `hinge` and `squared_hinge` take 0 for -1."""
MIGRATED_KINDS = ("layer", "optimizer", "regularizer", "constraint", "objective")
"""The kinds of classes that have migrations."""
Reference = list[Any]
"""An input of a call: a layer's name, the number of that layer's call, and the number
of the output."""
Described = tuple[str, Any]
"""The name of a class, and its arguments."""
Following = tuple[Config, Arrays, Moved]
"""Arguments and weights of a layer that follows a move, and the move of its output."""


@dataclass(frozen=True)
class MovedCall:
    """The call of a layer on moved values.

    # Properties
        config: dict, the layer's arguments.
        arrays: list of its weights.
        inputs: list of `Moved`, one per input.
        shapes: list of the input shapes before the move, including the batch.
    """

    config: Config
    arrays: Arrays
    inputs: list[Moved]
    shapes: list[Any]


@dataclass(frozen=True)
class Origin:
    """The program that wrote a file, as far as the file's meaning depends on it.

    # Properties
        keras: int, the Keras version of the file's layout: 1, 2 or 3.
        engine: the engine of its kernels: `"tensorflow"`, which doesn't flip them, or
            `"theano"`, which does; None if the file contradicts itself.
        version: str, the version of Keras in full; empty if the file doesn't say.
        distribution, distribution_version: str, where the migration's class came from;
            empty if the file doesn't say.
        recorded: dict, what the file says of all classes.
    """

    keras: int = 1
    engine: str | None = "tensorflow"
    version: str = ""
    distribution: str = ""
    distribution_version: str = ""
    recorded: Any = field(default=None, compare=False, repr=False)

    def of_class(self, name: str) -> "Origin":
        """Returns the origin with what the file says of a class."""
        recorded = self.recorded if isinstance(self.recorded, dict) else {}
        for kind in MIGRATED_KINDS:
            stated = recorded.get(f"{kind}:{name}")
            if isinstance(stated, dict):
                return replace(
                    self,
                    distribution=str(stated.get("distribution", "")),
                    distribution_version=str(stated.get("version", "")),
                )
        return self

    @property
    def is_of_tensorflow(self) -> bool:
        """Whether it is `tf.keras` or later. There a `Bidirectional` that returns
        sequences gives zeros at masked steps, where Keras 1 repeats the step before,
        and the gates of recurrent layers are `sigmoid` by default."""
        if self.keras == 2 and self.version.endswith("tf"):
            return True
        return self.keras > 2 or self._minor >= OF_TENSORFLOW

    @property
    def converts_labels(self) -> bool:
        """Whether the losses for targets of -1 and 1 take 0 for -1."""
        return self._minor >= WITH_LABELS or self.is_of_tensorflow

    @property
    def _minor(self) -> int:
        """The minor version of Keras 2; -1 for other versions."""
        found = re.match(r"2\.(\d{1,3})", self.version)
        if found is None or self.keras != 2:
            return -1
        return int(found[1])


class UnsupportedError(ConfigError):
    """An argument of a layer in a file that nothing installed here supports.

    # Arguments
        message: str.
        what: str, in a few words: `"ReLU(max_value=6)"`; empty if it is all of a class.
        owner: str, the distribution that supports it and is absent, if there is one.
    """

    def __init__(self, message: str, what: str = "", owner: str = ""):
        if owner:
            message += f" A plugin supports it. {registry.absence(owner)}"
        super().__init__(message)
        self.what = what
        self.owner = owner


def absent_owner(kind: str, name: str) -> str:
    """Returns the distribution of Oneiros that has a name, if it is absent; otherwise
    an empty text."""
    owner = registry.owners().get(kind, {}).get(name, "")
    is_there = owner and registry.find(kind, name) is not None
    return "" if is_there else owner


MALFORMED = (TypeError, ValueError, LookupError, AttributeError, RecursionError)
"""What data that isn't a configuration raises."""
HERE = Origin()
"""The version that Oneiros is."""


class Migration:
    """Describes how to read a class from files of other versions of Keras or of a
    plugin.

    A plugin registers a subclass with the hook `oneiros_migrations`, under the class's
    name in files and, for the methods that handle weights, under its name here. Its
    methods map plain data to plain data; the resulting configuration is checked like
    any other from a file.

    # Properties
        stored: int, the number of weights that Keras 2 stores, if it differs from here.
        steps: int, the number of step axes before the image axes, for a layer with
            `dim_ordering`.
        slots: tuple of str, the names in Keras 3 of the variables that an optimizer has
            for each weight, in the order in which it has them here.
        elementwise: bool, whether each value of a layer's output depends only on the
            input's value at the same position.

    # Arguments
        origin: `Origin`, the version that wrote a file.
        row: `MigrationRow`, properties for this class.
    """

    stored: int | None = None
    steps = 0
    slots: tuple[str, ...] = ()
    interleaved: int | None = None
    elementwise = False

    def __init__(self, origin: Origin = HERE, row: dict[str, Any] | None = None):
        vars(self).update(row or {})
        self.origin = origin

    def translated(self, name: str, config) -> Described:
        """Returns the class's name and arguments here.

        # Arguments
            name: str, the class's name in the file.
            config: the arguments there; a copy.
        """
        return name, config

    def called(
        self, config: Config, inputs: list[Reference], arguments: Config
    ) -> list[Reference]:
        """Returns the references to the inputs of one of the layer's calls here.

        # Arguments
            config: dict, the layer's arguments here. What a call takes as an argument
                and a layer here in its constructor is added to it.
            inputs: list of references to the inputs in the file.
            arguments: dict, the call's other arguments.

        # Raises
            ConfigError: for arguments that have an effect, but no place here.
        """
        effective = [
            name for name, value in arguments.items() if value not in (None, False)
        ]
        if not effective:
            return inputs
        raise ConfigError(
            f"The layer {config.get('name')!r} is called with {', '.join(effective)} "
            "besides its input. Calls in Keras 1 accept only the input: rewrite the "
            "model, and then call load_weights(path, by_name=True)."
        )

    def stored_count(self, config: Config, count: int) -> int:
        """Returns the number of a file's arrays for a layer.

        # Arguments
            config: dict, the layer's arguments here.
            count: int, the number of its weights here, or of its trainable ones.
        """
        if self.origin.keras < 2 or self.stored is None:
            return count
        return self.stored

    def weights(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns a layer's weights in the layout used here, with kernels not flipped
        yet.

        # Arguments
            config: dict, the layer's arguments here.
            arrays: list of arrays in the file's layout.
        """
        return arrays

    def flipped(self, config: Config, arrays: Arrays) -> Arrays:
        """Returns a layer's weights, with the kernels that Theano flips flipped along
        their windows.

        # Arguments
            config: dict, the layer's arguments here.
            arrays: list of arrays in the layout used here.
        """
        return arrays

    def reordered(self, config: Config, arrays: Arrays, dim_ordering: str) -> Arrays:
        """Returns the weights of the same layer with another `dim_ordering`.

        # Arguments
            config: dict, the layer's arguments here, with the `dim_ordering` of
                `arrays`.
            arrays: list of arrays in the layout used here.
            dim_ordering: `"th"` or `"tf"`.
        """
        return arrays

    def reordered_config(self, config: Config, dim_ordering: str) -> Config:
        """Returns the arguments of the same layer with another `dim_ordering`."""
        return {**config, "dim_ordering": dim_ordering}

    def moved(self, call: MovedCall) -> Following | None:
        """Returns a layer that computes the same on moved values, and the move of its
        output.

        The conversion of a model to the other `dim_ordering` calls this for layers
        without one. If it returns None, the default for layers that aren't
        `elementwise`, the axes are moved back before the layer.
        """
        if not self.elementwise:
            return None
        moved, *_ = call.inputs
        return call.config, call.arrays, moved

    def to_keras3(self, config: Config, arrays: Arrays) -> Keras3Layer | None:
        """Returns the layer of Keras 3 that computes the same; for an optimizer, the
        optimizer.

        # Arguments
            config: dict, the arguments here.
            arrays: list of the layer's weights; empty for an optimizer.

        # Returns
            A `Keras3Layer`; None, the default, if Keras 3 has no such layer.

        # Raises
            ConfigError: if an argument has no counterpart; says which.
        """
        return None
