"""Gradients."""

from pytensor import gradient
from pytensor.gradient import grad, hessian, jacobian, verify_grad, zero_grad

__all__ = [
    "Lop",
    "Rop",
    "consider_constant",
    "grad",
    "hessian",
    "jacobian",
    "verify_grad",
]

consider_constant = zero_grad


def Lop(  # noqa: N802 - Theano's name
    f, wrt, eval_points, **options
):
    """Multiplies a vector by a Jacobian matrix.

    # Arguments
        f: tensor or list of tensors to differentiate.
        wrt: tensor or list of tensors with respect to which to differentiate.
        eval_points: tensor, or list of them, in the shapes of `f`.
        options: what `pytensor.gradient.pullback` takes besides.
    """
    return gradient.pullback(f, wrt, eval_points, **options)


def Rop(  # noqa: N802 - Theano's name
    f, wrt, eval_points
):
    """Multiplies a Jacobian matrix by a vector in the shapes of `wrt`; see `Lop`."""
    return gradient.pushforward(f, wrt, eval_points)


def __getattr__(name: str):
    return getattr(gradient, name)
