"""The activation functions.

Each maps a float tensor to one of the same shape and dtype.
"""

from __future__ import annotations

from typing import Any

from oneiros import backend as K
from oneiros.config import get_object
from oneiros.errors import ArgumentError, ShapeError

ENGINES = {"jax": "jax", "pytensor": "theano", "tensorflow": "tensorflow"}
"""Packages of engines, and the backends that compute with them."""


def softmax(x: Any) -> Any:
    """Exponentials scaled to sum to one over the last axis.

    # Arguments
        x: tensor `(samples, classes)` or `(samples, steps, classes)`.

    # Raises
        ShapeError: for a tensor of any other rank.
    """
    rank = K.ndim(x)
    if rank == 2:
        return K.softmax(x)
    if rank == 3:
        exponentials = K.exp(x - K.max(x, axis=-1, keepdims=True))
        return exponentials / K.sum(exponentials, axis=-1, keepdims=True)
    raise ShapeError(
        "softmax takes a tensor of rank 2 (samples, classes) or 3 (samples, steps, "
        f"classes); it received rank {rank}. Flatten() or Reshape() before it brings "
        "other tensors into this form."
    )


def elu(x: Any, alpha: float = 1.0) -> Any:
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere.

    # References
        - Clevert, Unterthiner, Hochreiter: Fast and Accurate Deep Network Learning by
          ELUs, arXiv:1511.07289
    """
    return K.elu(x, alpha)


def softplus(x: Any) -> Any:
    """`log(1 + exp(x))`."""
    return K.softplus(x)


def softsign(x: Any) -> Any:
    """`x / (1 + abs(x))`."""
    return K.softsign(x)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None) -> Any:
    """`max(x, 0)`, with an optional slope below zero and an optional ceiling.

    # Arguments
        x: tensor of any shape.
        alpha: float, slope of the negative part.
        max_value: float or None, the largest value that comes out.
    """
    return K.relu(x, alpha=alpha, max_value=max_value)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return K.tanh(x)


def sigmoid(x: Any) -> Any:
    """`1 / (1 + exp(-x))`."""
    return K.sigmoid(x)


def hard_sigmoid(x: Any) -> Any:
    """`0.2 * x + 0.5`, held between 0 and 1: a cheap stand-in for the sigmoid."""
    return K.hard_sigmoid(x)


def linear(x: Any) -> Any:
    """`x` itself."""
    return x


def get(identifier: Any) -> Any:
    """Returns the activation that `identifier` names.

    # Arguments
        identifier: name, function, layer used as an activation, or None, which means
            `linear`.

    # Raises
        UnknownNameError: if nothing installed provides the name.
        ArgumentError: for a function of another engine than the current backend's.

    # Example
        ```python
        from oneiros import activations
        activations.get("relu")
        ```
    """
    if identifier is None:
        return linear
    activation = get_object("activation", identifier)
    _check_engine(activation)
    return activation


def _check_engine(activation: Any) -> None:
    """Refuses a function of an engine that the current backend doesn't compute with."""
    package = str(getattr(activation, "__module__", "")).partition(".")[0]
    if package not in ENGINES or ENGINES[package] == K.backend():
        return
    name = getattr(activation, "__name__", "function")
    raise ArgumentError(
        f"The activation {name} is a function of {package}, and the current backend is "
        f"{K.backend()!r}. Pass its name, as in activation={name!r}, a function of K, "
        f"or choose the backend first: K.set_backend({ENGINES[package]!r})."
    )
