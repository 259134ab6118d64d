"""Convolutions as functions for PyTensor's numba linker."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from oneiros_jax_support.convolution_kernels import (
    check,
    convolve,
    depthwise,
    depthwise_input_gradient,
    depthwise_kernel_gradient,
    input_gradient,
    joint_filters,
    kernel_gradient,
    make_plan,
    rank_helpers,
    separate_filters,
    settings_of,
)
from oneiros_jax_support.tiles import closure

from oneiros_backend_theano.convolution import (
    Convolution,
    Convolve,
    InputGradient,
    KernelGradient,
)


def _forward(op: Convolution) -> Any:
    settings, (lengths, _) = settings_of(op), rank_helpers(op.rank)
    run, filters_of = (
        (depthwise, separate_filters) if op.depthwise else (convolve, joint_filters)
    )

    @closure
    def forward(x: Any, kernel: Any) -> Any:
        check(x.shape[-1] == kernel.shape[-2])
        filters = filters_of(kernel.shape)
        plan = make_plan(
            x.shape[0], x.shape[1:-1], x.shape[-1], kernel.shape[:-2], filters, settings
        )
        out = np.empty(x.shape[:1] + lengths(plan) + (filters,), x.dtype)
        flat = (
            np.ascontiguousarray(x).reshape(-1),
            np.ascontiguousarray(kernel).reshape(-1),
        )
        run(flat[0], flat[1], out.reshape(-1), plan)
        return out

    return forward


def _by_input(op: Convolution) -> Any:
    settings, (lengths, ints) = settings_of(op), rank_helpers(op.rank)
    run, filters_of = (
        (depthwise_input_gradient, separate_filters)
        if op.depthwise
        else (input_gradient, joint_filters)
    )

    @closure
    def by_input(kernel: Any, g: Any, *sizes: Any) -> Any:
        channels, spatial = kernel.shape[-2], ints(sizes)
        filters = filters_of(kernel.shape)
        plan = make_plan(
            g.shape[0], spatial, channels, kernel.shape[:-2], filters, settings
        )
        check(g.shape[1:-1] == lengths(plan) and g.shape[-1] == filters)
        out = np.empty(g.shape[:1] + spatial + (channels,), g.dtype)
        flat = (
            np.ascontiguousarray(kernel).reshape(-1),
            np.ascontiguousarray(g).reshape(-1),
        )
        run(flat[0], flat[1], out.reshape(-1), plan)
        return out

    return by_input


def _by_kernel(op: Convolution) -> Any:
    settings, (lengths, ints) = settings_of(op), rank_helpers(op.rank)
    separate = op.depthwise
    run = depthwise_kernel_gradient if separate else kernel_gradient

    @closure
    def by_kernel(x: Any, g: Any, *sizes: Any) -> Any:
        channels, filters, window = x.shape[-1], g.shape[-1], ints(sizes)
        plan = make_plan(x.shape[0], x.shape[1:-1], channels, window, filters, settings)
        check(g.shape[1:-1] == lengths(plan) and g.shape[0] == x.shape[0])
        last = filters // channels if separate else filters
        out = np.empty(window + (channels, last), x.dtype)
        flat = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(g).reshape(-1)
        run(flat[0], flat[1], out.reshape(-1), plan)
        return out

    return by_kernel


MAKERS = {Convolve: _forward, InputGradient: _by_input, KernelGradient: _by_kernel}


@functools.cache
def compiled(op: Convolution) -> Any:
    """Returns an Op as a function for numba; its `py_func` computes the same without
    being compiled."""
    return MAKERS[type(op)](op)
