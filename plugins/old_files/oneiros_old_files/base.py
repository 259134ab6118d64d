"""Migration, what a plugin says of one of its classes in files of other versions, and
Origin, the version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from oneiros import registry
from oneiros.errors import UnknownNameError

from oneiros_old_files.moves import Moved

Arrays = list[np.ndarray[Any, Any]]
Following = tuple[dict[str, Any], Arrays, Moved]
"""Arguments and weights of a layer that follows a move, and how its output is moved."""


@dataclass(frozen=True)
class Origin:
    """What wrote a file, as far as the file's meaning depends on it.

    # Properties
        keras: int, the version of Keras whose layout the file has: 1 or 2.
        engine: whose convolution its kernels are made for: `"tensorflow"`, which
            doesn't flip them, or
            `"theano"`, which does; None if the file contradicts itself.
    """

    keras: int = 1
    engine: str | None = "tensorflow"


class Migration:
    """How to read what other versions of Keras, or of a plugin, stored of one class.

    A plugin offers a subclass with the hook `oneiros_migrations`, under the name that
    the class has in files and, for the methods on weights, under the name that it has
    here. It is plain data in, plain data out: what a configuration becomes is
    checked like any other that comes from a file.

    # Properties
        stored: int, the number of weights that Keras 2 stores, if it is another one
            than here.
        steps: int, how many axes of steps come before the image's, for a layer with
            `dim_ordering`.
    """

    stored: ClassVar[int | None] = None
    steps: ClassVar[int] = 0

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class's name here and the arguments that it takes here.

        # Arguments
            name: str, the class's name in the file.
            config: the arguments there; a copy.
            origin: `Origin`.
        """
        return name, config

    def weights(self, config: dict[str, Any], arrays: Arrays, origin: Origin) -> Arrays:
        """Returns a layer's weights laid out as here, kernels not flipped yet.

        # Arguments
            config: dict, the arguments that the layer has here.
            arrays: list of arrays, laid out as in the file.
            origin: `Origin`.
        """
        return arrays

    def flipped(self, config: dict[str, Any], arrays: Arrays) -> Arrays:
        """Returns a layer's weights with the kernels that Theano convolves flipped
        along their windows.

        # Arguments
            config: dict, the arguments that the layer has here.
            arrays: list of arrays, laid out as here.
        """
        return arrays

    def reordered(
        self, config: dict[str, Any], arrays: Arrays, dim_ordering: str
    ) -> Arrays:
        """Returns the weights that the same layer has with another `dim_ordering`.

        # Arguments
            config: dict, the arguments that the layer has here, with the `dim_ordering`
                of `arrays`.
            arrays: list of arrays, laid out as here.
            dim_ordering: `"th"` or `"tf"`.
        """
        return arrays

    def reordered_config(
        self, config: dict[str, Any], dim_ordering: str
    ) -> dict[str, Any]:
        """Returns the arguments of the same layer with another `dim_ordering`."""
        return {**config, "dim_ordering": dim_ordering}

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer that does the same on moved values, and how its output is
        moved then.

        This is asked of layers without `dim_ordering` when a model is converted to the
        other one. None, which it is by default, has the axes moved back before the
        layer.

        # Arguments
            config: dict, the layer's arguments.
            arrays: list of its weights.
            inputs: list of `Moved`, one for each input.
            shapes: list of the inputs' shapes before the move, batch included.
        """
        return None


def migration_of(name: Any) -> Migration | None:
    """Returns what a plugin offers for a class's name, or None.

    # Raises
        NameConflictError, PluginLoadError: if two plugins do, or the one that does is
            broken.
    """
    if not isinstance(name, str) or registry.find("migration", name) is None:
        return None
    try:
        # A Migration, by the hook.
        return registry.resolve("migration", name)()  # type: ignore[no-any-return]
    except UnknownNameError:
        return None


class ElementwiseMigration(Migration):
    """Base for layers that treat each value by itself, wherever it is."""

    def moved(
        self,
        config: dict[str, Any],
        arrays: Arrays,
        inputs: list[Moved],
        shapes: list[Any],
    ) -> Following | None:
        """Returns the layer as it is."""
        return config, arrays, inputs[0]
