"""Convolutions as functions that XLA calls: our numba kernels, without Python in
between.

On a CPU, XLA copies both tensors into another order to find the derivative by a kernel,
and takes 5 to 300 times as long for volumes. As many calls as there are cores each do a
part of the samples.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import os
from typing import Any

import jax.numpy as jnp
import numba
import numpy as np
from numba import types

from oneiros_jax_support import convolution_kernels
from oneiros_jax_support.convolution_kernels import PLAN, windows
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.tiles import jitted

CALL = types.void(
    types.voidptr,
    types.CPointer(types.voidptr),
    types.CPointer(types.int64),
    types.uintp,
    types.voidptr,
)
"""XLA's calling convention: output, inputs, the bytes that we passed, their number,
status."""
_convolve, _by_input, _by_kernel = (
    convolution_kernels.convolve,
    convolution_kernels.input_gradient,
    convolution_kernels.kernel_gradient,
)


@jitted
def _part(numbers: Any) -> Any:
    """Returns the plan of a part of the samples, how many come before it, and sizes per
    sample and kernel."""
    plan = numba.carray(numbers, PLAN)
    size = plan[1] * plan[2] * plan[3] * plan[4]
    weights = plan[9] * plan[10] * plan[11] * plan[4] * plan[8]
    return plan, numbers[PLAN], size, weights, windows(plan) * plan[8]


def _call_convolve(
    output: Any, inputs: Any, numbers: Any, length: Any, status: Any
) -> None:
    plan, before, size, weights, lengths = _part(numbers)
    x = numba.carray(inputs[0], (before + plan[0]) * size, np.float32)[before * size :]
    kernel = numba.carray(inputs[1], weights, np.float32)
    _convolve(x, kernel, numba.carray(output, plan[0] * lengths, np.float32), plan)


def _call_by_input(
    output: Any, inputs: Any, numbers: Any, length: Any, status: Any
) -> None:
    plan, before, size, weights, lengths = _part(numbers)
    kernel = numba.carray(inputs[0], weights, np.float32)
    g = numba.carray(inputs[1], (before + plan[0]) * lengths, np.float32)[
        before * lengths :
    ]
    _by_input(kernel, g, numba.carray(output, plan[0] * size, np.float32), plan)


def _call_by_kernel(
    output: Any, inputs: Any, numbers: Any, length: Any, status: Any
) -> None:
    plan, before, size, weights, lengths = _part(numbers)
    x = numba.carray(inputs[0], (before + plan[0]) * size, np.float32)[before * size :]
    g = numba.carray(inputs[1], (before + plan[0]) * lengths, np.float32)[
        before * lengths :
    ]
    _by_kernel(x, g, numba.carray(output, weights, np.float32), plan)


@functools.cache
def _target(function: Any) -> str:
    """Compiles a function for XLA, and returns the name that it is registered under."""
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = (
        ctypes.py_object,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    )
    address = numba.cfunc(CALL, cache=True)(function).address
    name: str = "oneiros" + function.__name__
    target = capsule(address, b"xla._CUSTOM_CALL_TARGET", None)
    jax.ffi.register_ffi_target(name, target, platform="cpu", api_version=0)
    return name


def _in_parts(
    function: Any, plan: Any, operands: tuple[Any, Any], shape: tuple[int, ...]
) -> list[Any]:
    """Calls a function for parts of the samples; a part's result has `shape`, -1
    standing for its samples."""
    samples, found = int(plan[0]), []
    parts = max(min(os.cpu_count() or 1, samples, 8), 1)
    for start, stop in itertools.pairwise(
        samples * part // parts for part in range(parts + 1)
    ):
        count = stop - start
        result = jax.ShapeDtypeStruct(
            tuple(count if n < 0 else n for n in shape), np.dtype(np.float32)
        )
        numbers = np.array([count, *plan[1:], start], np.int64).tobytes()
        call = jax.ffi.ffi_call(
            _target(function),
            result,
            custom_call_api_version=3,
            legacy_backend_config=numbers,
        )
        found.append(call(*operands))
    return found


def native_convolve(plan: Any, x: Any, kernel: Any, lengths: tuple[int, ...]) -> Any:
    """Returns a convolution of float32."""
    return jnp.concatenate(
        _in_parts(_call_convolve, plan, (x, kernel), (-1, *lengths, kernel.shape[-1]))
    )


def native_by_input(plan: Any, kernel: Any, g: Any, sizes: tuple[int, ...]) -> Any:
    """Returns the derivative of a convolution of float32 by its input."""
    return jnp.concatenate(
        _in_parts(_call_by_input, plan, (kernel, g), (-1, *sizes, kernel.shape[-2]))
    )


def native_by_kernel(plan: Any, x: Any, g: Any, window: tuple[int, ...]) -> Any:
    """Returns the derivative of a convolution of float32 by its kernel."""
    shape = (*window, x.shape[-1], g.shape[-1])
    return functools.reduce(jnp.add, _in_parts(_call_by_kernel, plan, (x, g), shape))
