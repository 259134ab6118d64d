"""Keras2Layer: a layer of Keras 2 described by a table of its arguments."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from oneiros import backend as K
from oneiros.errors import ConfigError

from oneiros_old_files.base import Migration, Origin, migration_of

Renamed = dict[str, str | tuple[str, ...]]

ANY = object()
"""In `neutral`: the argument may have any value, a loaded model doesn't depend on
it."""

DIM_ORDERINGS = {"channels_last": "tf", "channels_first": "th"}
COMMON: Renamed = {
    "name": "name",
    "trainable": "trainable",
    "batch_input_shape": "batch_input_shape",
}
AFFINE: Renamed = {
    "activation": "activation",
    "use_bias": "bias",
    "kernel_initializer": "init",
    "kernel_regularizer": "W_regularizer",
    "bias_regularizer": "b_regularizer",
    "activity_regularizer": "activity_regularizer",
    "kernel_constraint": "W_constraint",
    "bias_constraint": "b_constraint",
}
"""The arguments of layers with a kernel and a bias."""


class Keras2Layer(Migration):
    """A layer of Keras 2 that is a layer here, under other names.

    # Properties
        name: str, the class here.
        renamed: dict, the arguments there → those here; a tuple of names takes the
            items of a list.
        neutral: dict, arguments that nothing here corresponds to → the tuple of values
            that can be read, or
            `ANY`.
        added: dict, further arguments here.
    """

    name: ClassVar[str]
    renamed: ClassVar[Renamed] = {}
    neutral: ClassVar[dict[str, Any]] = {}
    added: ClassVar[dict[str, Any]] = {}

    def translated(self, name: str, config: Any, origin: Origin) -> tuple[str, Any]:
        """Returns the class here and its arguments; what can't be the same here is
        refused.

        # Raises
            ConfigError: naming the layer, the argument and the way out.
        """
        if origin.keras < 2:
            return name, config
        here = dict(self.added)
        table, neutral = (
            {**COMMON, **self.renamed},
            {"bias_initializer": ANY, **self.neutral},
        )
        for argument, value in config.items():
            if argument in ("dtype", "autocast"):
                self._take_dtype(name, config, value, here)
            elif argument in table:
                self._take(table[argument], argument, plain(value), origin, here)
            elif argument not in neutral or not _among(plain(value), neutral[argument]):
                self.refuse(name, config, argument)
        return self.name, here

    def refuse(self, name: str, config: dict[str, Any], argument: str) -> NoReturn:
        """Raises the error for an argument that nothing here corresponds to."""
        raise ConfigError(
            f"The {name} layer {config.get('name')!r} of Keras 2 has {argument}="
            f"{plain(config.get(argument))!r:.80}, which {self.name} of Keras 1 can't "
            f"do. If you have a class that can, pass custom_objects={{{name!r}: "
            f"YourClass}}; it gets the arguments as they are stored."
        )

    def _take(
        self,
        names: str | tuple[str, ...],
        argument: str,
        value: Any,
        origin: Origin,
        here: dict[str, Any],
    ) -> None:
        if isinstance(names, tuple):
            values = value if isinstance(value, (list, tuple)) else [value] * len(names)
            here.update(zip(names, values, strict=True))
        elif argument == "data_format":
            here[names] = DIM_ORDERINGS.get(value, value)
        elif argument.endswith(("_initializer", "_regularizer", "_constraint")):
            here[names] = part(value, origin)
        else:
            here[names] = value

    def _take_dtype(
        self, name: str, config: dict[str, Any], value: Any, here: dict[str, Any]
    ) -> None:
        dtype = (
            value.get("config", {}).get("name") if isinstance(value, dict) else value
        )
        if (
            isinstance(dtype, str)
            and dtype.startswith(("float", "bfloat", "mixed"))
            and dtype != K.floatx()
        ):
            raise ConfigError(
                f"The {name} layer {config.get('name')!r} of Keras 2 computes in "
                f"{dtype}; here it would in {K.floatx()}. "
                "oneiros.backend.set_floatx('float64') before loading makes it "
                "float64; other types have no counterpart: save the model again as "
                "float32."
            )
        if config.get("batch_input_shape") and isinstance(dtype, str):
            here["input_dtype"] = dtype


def plain(value: Any) -> Any:
    """Returns a value of a configuration without what Keras 2 wraps around arrays,
    shapes and tuples."""
    if (
        isinstance(value, dict)
        and set(value) == {"type", "value"}
        and value["type"] == "ndarray"
    ):
        return value["value"]
    if isinstance(value, dict) and value.get("class_name") in (
        "TensorShape",
        "__tuple__",
    ):
        return value.get("items")
    return value


def part(value: Any, origin: Origin) -> Any:
    """Returns what a stored initializer, regularizer or constraint is here: a name, a
    dict or None."""
    name = value.get("class_name") if isinstance(value, dict) else value
    migration = migration_of(name)
    if migration is None:
        return value
    arguments = value.get("config") if isinstance(value, dict) else None
    return migration.translated(str(name), dict(arguments or {}), origin)[1]


def _among(value: Any, accepted: Any) -> bool:
    return accepted is ANY or value in accepted
