"""Random draws, which ONNX can't repeat: they are known by shape alone."""

from __future__ import annotations

from typing import Any, NoReturn

from oneiros.errors import CapabilityError

from oneiros_backend_onnx.graphs import graph_in_work
from oneiros_backend_onnx.shapes import sizes_of, static
from oneiros_backend_onnx.tensors import Tensor, type_of

T = Any


class RandomFunctions:
    """Functions that a model may contain, but a computed graph may not."""

    @staticmethod
    def random_uniform(
        key: T,
        shape: T,
        low: T,
        high: T,
        dtype: str,
    ) -> T:
        """Tells the shape of draws from [low, high)."""
        return _drawn("random_uniform", shape, dtype)

    @staticmethod
    def random_normal(
        key: T,
        shape: T,
        mean: T,
        std: T,
        dtype: str,
    ) -> T:
        """Tells the shape of draws from a normal distribution."""
        return _drawn("random_normal", shape, dtype)

    @staticmethod
    def random_binomial(
        key: T,
        shape: T,
        p: T,
        dtype: str,
    ) -> T:
        """Tells the shape of draws of 0 and 1."""
        return _drawn("random_binomial", shape, dtype)


def _drawn(
    name: str,
    shape: T,
    dtype: str,
) -> Tensor:
    if not graph_in_work().infers:
        refuse_draws(name)
    sizes = sizes_of(shape)
    if None in sizes:
        raise TypeError("None isn't a size")
    return Tensor("drawn", type_of(dtype, static(sizes)))


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
