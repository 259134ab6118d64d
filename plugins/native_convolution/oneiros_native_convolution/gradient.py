"""The derivative by a kernel as a function that XLA calls without Python in between."""

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
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.windows import ConvolutionWindows, Sizes

from oneiros_native_convolution import patches
from oneiros_native_convolution.patches import Plan

CALL = types.void(
    types.voidptr,
    types.CPointer(types.voidptr),
    types.CPointer(types.int64),
    types.uintp,
    types.voidptr,
)
"""XLA's calling convention: output, inputs, the bytes that we passed, their number,
status."""
TARGET = "oneiros_kernel_gradient"
MOST_PARTS = 8
_gradient = patches.kernel_gradient


def kernel_gradient(
    windows: ConvolutionWindows,
    x: Any,
    slope: Any,
    window: Sizes,
) -> Any:
    """Returns the derivative of a convolution of images by its kernel, in float32.

    As many calls as there are cores each do a part of the samples.

    # Arguments
        windows: where the windows lie.
        x: (samples, height, width, channels).
        slope: the derivative by the convolution's result.
        window: the kernel's height and width.
    """
    _register()
    samples, channels, filters = x.shape[0], x.shape[-1], slope.shape[-1]
    sizes = (*x.shape[1:], *slope.shape[1:], *window)
    steps = (*windows.strides, *windows.dilation)
    top, left = (before for before, _ in windows.paddings(x.shape[1:-1], window))
    call = jax.ShapeDtypeStruct((*window, channels, filters), np.float32)
    parts = max(min(os.cpu_count() or 1, samples, MOST_PARTS), 1)
    bounds = [samples * part // parts for part in range(parts + 1)]
    results = []
    for start, stop in itertools.pairwise(bounds):
        numbers = [stop - start, *sizes, *steps, top, left]
        part = jax.ffi.ffi_call(
            TARGET,
            call,
            custom_call_api_version=3,
            legacy_backend_config=np.array([*numbers, start], np.int64).tobytes(),
        )
        results.append(part(x, slope))
    return functools.reduce(jnp.add, results)


def _call(
    output: Any,
    inputs: Any,
    numbers: Any,
    length: Any,
    status: Any,
) -> None:
    """Computes the derivative for a part of the samples, on XLA's memory."""
    plan = Plan(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        numbers[6],
        numbers[7],
        numbers[8],
        numbers[9],
        numbers[10],
        numbers[11],
        numbers[12],
        numbers[13],
        numbers[14],
    )
    start = numbers[15]
    stop = start + plan.samples
    size = plan.height * plan.width * plan.channels
    result_size = plan.result_height * plan.result_width * plan.filters
    weights = plan.window_height * plan.window_width * plan.channels * plan.filters
    x = numba.carray(inputs[0], stop * size, np.float32)
    slope = numba.carray(inputs[1], stop * result_size, np.float32)
    result = numba.carray(output, weights, np.float32)
    _gradient(x[start * size :], slope[start * result_size :], result, plan)


@functools.cache
def _register() -> None:
    """Compiles the function, and makes it known to XLA."""
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype = ctypes.py_object
    capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    address = numba.cfunc(CALL, cache=True)(_call).address
    target = capsule(address, b"xla._CUSTOM_CALL_TARGET", None)
    jax.ffi.register_ffi_target(TARGET, target, platform="cpu", api_version=0)
