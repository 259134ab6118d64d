"""Removed layers and functions of Keras 0.x: errors that show what to write instead."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from oneiros.errors import CapabilityError


class Removed:
    """Placeholder for a removed layer of Keras.

    # Properties
        line: str, what to write instead.

    # Raises
        CapabilityError: always.
    """

    line: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise CapabilityError(f"{type(self).__name__} is of Keras 0.x. {self.line}")


class AutoEncoder(Removed):
    """An encoder and a decoder."""

    line = (
        "Add the layers of encoder and decoder to one model, and train it with "
        "model.fit(x, x)."
    )


class LambdaMerge(Removed):
    """A function of several layers' outputs."""

    line = "Write merge([a, b], mode=function, output_shape=shape)."


class Siamese(Removed):
    """A layer that several others share."""

    line = "Call the layer on each tensor, as merge([layer(a), layer(b)], mode='sum')."


class JZS1(Removed):
    """A recurrent layer much like `GRU`."""

    line = "Write GRU(…), or a subclass of Recurrent with its own step."


class JZS2(JZS1):
    """Another variant."""


class JZS3(JZS1):
    """Another variant."""


class UpSample1D(Removed):
    """Steps repeated."""

    line = "Write UpSampling1D(length=2)."


class UpSample2D(Removed):
    """Rows and columns repeated."""

    line = "Write UpSampling2D(size=(2, 2))."


class LRN2D(Removed):
    """Local response normalization, as in AlexNet."""

    line = (
        "For images with c channels, last, write "
        "band = K.variable(abs(np.subtract.outer(range(c), range(c))) <= 2) and "
        "Lambda(lambda x: x / K.pow(2 + 1e-4 * K.dot(K.square(x), band), 0.75))."
    )


def to_graph(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises CapabilityError; it replaces the function that drew a model's graph."""
    raise CapabilityError(
        "to_graph is of Keras 0.x. Write model_to_dot(model), of "
        "keras.utils.visualize_util, or plot(model, to_file='model.png')."
    )
