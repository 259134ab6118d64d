"""`Keras2Layer`, the base of the layers here, and the types of their arguments."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Unpack

from oneiros import activations, constraints, initializations, regularizers
from oneiros.arguments import (
    check_bool,
    check_fraction,
    check_int,
    check_number,
    check_optional_int,
    label,
)
from oneiros.engine.layer import Layer
from oneiros.errors import ShapeError
from oneiros.typing import (
    ConstraintLike,
    Initialization,
    LayerOptions,
    RegularizerLike,
    Shape,
    Tensor,
)

PARTS: dict[str, Callable[[Any], Any]] = {
    "activation": activations.get,
    "_initializer": initializations.get,
    "_regularizer": regularizers.get,
    "_constraint": constraints.get,
}
"""By the ends of arguments' names, what makes functions and objects of their values."""

Fraction = Annotated[float, "from 0 to 1"]
Axes = Annotated[int | list[int] | tuple[int, ...], "axes of the input"]
Check = Callable[[Any, str, Any], Any]
"""Returns an argument in a plain form, for its owner, its name and its value."""


def check_axes(owner: Any, name: str, value: Any) -> Any:
    """Returns the number of an axis, or a list of them."""
    if isinstance(value, (list, tuple)):
        return [check_axes(owner, name, axis) for axis in value]
    return check_int(owner, name, value, minimum=None)


def optional(check: Check) -> Check:
    """Returns a check that lets None pass."""

    def checked(owner: Any, name: str, value: Any) -> Any:
        return None if value is None else check(owner, name, value)

    return checked


def known_size(layer: Layer, shape: Shape, axis: int = -1) -> int:
    """Returns a size of an input, for the shapes of weights.

    # Raises
        ShapeError: if it isn't known.
    """
    size = shape[axis]
    if size is None:
        raise ShapeError(
            f"{label(layer)} received an input of shape {tuple(shape)}; the size of "
            f"axis {axis} must be known to make the weights. Pass it at the origin of "
            "the input, in input_shape."
        )
    return size


def axes_of(layer: Any, rank: int) -> list[int]:
    """Returns a layer's `axis`, or all of them, counted from 0 and in order.

    # Raises
        ShapeError: for one that an input of this rank doesn't have.
    """
    axes = layer.axis
    if not isinstance(axes, (list, tuple)):
        axes = [axes]
    if not all(-rank <= axis < rank for axis in axes):
        raise ShapeError(
            f"{label(layer)} has axis={layer.axis} and received an input with {rank} "
            "axes. Expected axes of the input."
        )
    return sorted(axis % rank for axis in axes)


def spread(shape: Shape, axes: list[int]) -> Shape:
    """Returns a shape with 1 for all axes but these."""
    sizes: list[int | None] = [1] * len(shape)
    for axis in axes:
        sizes[axis] = shape[axis]
    return tuple(sizes)


class Checked:
    """Base of what checks its constructor's arguments by their annotations.

    # Properties
        checks: dict from annotations to checks.
    """

    checks: dict[Any, Check] = {
        bool: check_bool,
        int: check_int,
        int | None: check_optional_int,
        float: check_number,
        float | None: optional(check_number),
        Fraction: check_fraction,
        Axes: check_axes,
        Axes | None: optional(check_axes),
    }

    def set_arguments(self, **arguments: Any) -> None:
        """Sets attributes to the constructor's arguments, names of functions and
        objects to what they stand for.

        # Raises
            ArgumentError: for a value that isn't what the argument's annotation says.
        """
        annotations: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            constructor = vars(cls).get("__init__")
            annotations |= getattr(constructor, "__annotations__", {})
        for name, value in arguments.items():
            for end, made in PARTS.items():
                if name.endswith(end):
                    value = made(value)
            check = self.checks.get(annotations.get(name))
            if check is not None:
                value = check(self, name, value)
            setattr(self, name, value)


class Keras2Layer(Checked, Layer):
    """A layer with the arguments that it has in Keras 2. Not a layer itself."""

    def add_parameter(
        self,
        kind: str,
        shape: tuple[Any, ...],
        name: str | None = None,
        trainable: bool = True,
        initializer: Any = None,
    ) -> Tensor:
        """Makes a weight with the initializer, unless another one is passed, the
        regularizer and the constraint that begin with its kind. Kernels begin with
        their window."""
        initializer = initializer or getattr(self, f"{kind}_initializer")
        if "dim_ordering" in inspect.signature(initializer).parameters:
            initializer = partial(initializer, dim_ordering="tf")
        return self.add_weight(
            shape,
            initializer,
            name=f"{self.name}_{name or kind}",
            regularizer=getattr(self, f"{kind}_regularizer", None),
            constraint=getattr(self, f"{kind}_constraint", None),
            trainable=trainable,
        )


class BiasedLayer(Keras2Layer):
    """Base of the layers with a bias. Not a layer itself.

    # Arguments
        bias_initializer, bias_regularizer, bias_constraint: those of the bias.
    """

    def __init__(
        self,
        bias_initializer: Initialization = "zero",
        bias_regularizer: RegularizerLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Unpack[LayerOptions],
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            bias_constraint=bias_constraint,
        )


class KernelLayer(BiasedLayer):
    """Base of the layers with a kernel and a bias. Not a layer itself.

    # Arguments
        kernel_initializer, kernel_regularizer, kernel_constraint: those of the kernel.
        bias_initializer, bias_regularizer, bias_constraint: those of the bias.
    """

    def __init__(
        self,
        kernel_initializer: Initialization = "glorot_uniform",
        kernel_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.set_arguments(
            kernel_initializer=kernel_initializer,
            kernel_regularizer=kernel_regularizer,
            kernel_constraint=kernel_constraint,
        )
