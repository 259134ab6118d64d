"""Gradients."""

from __future__ import annotations

from typing import Any

from pytensor.gradient import (
    DisconnectedInputError,
    DisconnectedType,
    GradientError,
    disconnected_grad,
    disconnected_type,
    grad,
    grad_clip,
    grad_not_implemented,
    grad_scale,
    grad_undefined,
    hessian,
    jacobian,
    numeric_grad,
    pullback,
    pushforward,
    subgraph_grad,
    undefined_grad,
    verify_grad,
    zero_grad,
)

__all__ = [
    "DisconnectedInputError",
    "DisconnectedType",
    "GradientError",
    "Lop",
    "Rop",
    "consider_constant",
    "disconnected_grad",
    "disconnected_type",
    "grad",
    "grad_clip",
    "grad_not_implemented",
    "grad_scale",
    "grad_undefined",
    "hessian",
    "jacobian",
    "numeric_grad",
    "subgraph_grad",
    "undefined_grad",
    "verify_grad",
    "zero_grad",
]

consider_constant = zero_grad


def Lop(  # noqa: N802 - Theano's name
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Any = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """Multiplies a vector by a Jacobian matrix.

    # Arguments
        f: tensor or list of tensors to differentiate.
        wrt: tensor or list of tensors with respect to which to differentiate.
        eval_points: tensor, or list of them, in the shapes of `f`.
        consider_constant: tensors that count as constants.
        disconnected_inputs: what to do about inputs that `f` doesn't depend on:
            `"raise"`, `"warn"` or `"ignore"`.
    """
    return pullback(
        f,
        wrt,
        eval_points,
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
    )


def Rop(  # noqa: N802 - Theano's name
    f: Any, wrt: Any, eval_points: Any
) -> Any:
    """Multiplies a Jacobian matrix by a vector.

    # Arguments
        f: tensor or list of tensors to differentiate.
        wrt: tensor or list of tensors with respect to which to differentiate.
        eval_points: tensor, or list of them, in the shapes of `wrt`.
    """
    return pushforward(f, wrt, eval_points)
