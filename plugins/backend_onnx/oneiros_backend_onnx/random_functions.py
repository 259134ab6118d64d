"""Random draws, which ONNX can't repeat: they are known by shape alone."""

from typing import NoReturn

from oneiros.errors import CapabilityError

from oneiros_backend_onnx.graphs import graph_in_work
from oneiros_backend_onnx.shapes import sizes_of, static
from oneiros_backend_onnx.tensors import Tensor, type_of


def _known_by_shape(name: str):
    """Makes a function that tells the shape of draws one of `K`."""

    def function(key, shape, *parameters) -> Tensor:
        if not graph_in_work().infers:
            refuse_draws(name)
        sizes = sizes_of(shape)
        if None in sizes:
            raise TypeError("None isn't a size")
        *_, dtype = parameters
        return Tensor("drawn", type_of(dtype, static(sizes)))

    return staticmethod(function)


class RandomFunctions:
    """Functions that a model may contain, but a computed graph may not."""

    random_uniform = _known_by_shape("random_uniform")
    random_normal = _known_by_shape("random_normal")
    random_binomial = _known_by_shape("random_binomial")


def refuse_draws(name: str) -> NoReturn:
    """Raises the error about random numbers in what is computed.

    # Arguments
        name: str, the function of `K`.
    """
    raise CapabilityError(
        f"K.{name} draws random numbers, which the backend 'onnx' doesn't: a file in "
        f"ONNX couldn't repeat them. Predictions (learning phase 0) leave out Dropout "
        f"and noise. If a prediction itself draws, compute it on another backend: "
        f"ONEIROS_BACKEND=theano, or `with K.use('theano'):`."
    )
