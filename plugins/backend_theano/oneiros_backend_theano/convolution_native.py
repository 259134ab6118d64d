"""The derivative of a convolution by its kernel as a function that XLA calls: our numba kernel, no Python.

XLA copies both tensors into another order for it and then uses one core for most of the time. This takes two
thirds of its processor time, and as many calls as there are cores each do a part of the samples.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import os
from typing import Any

import jax
import numba
import numpy as np
from numba import types

from oneiros_backend_theano.convolution_numba import PLAN, kernel_gradient, make_plan, settings_of

TARGET = "oneiros_kernel_gradient"
SIGNATURE = types.void(
    types.voidptr,
    types.CPointer(types.voidptr),
    types.CPointer(types.int64),
    types.uintp,
    types.voidptr,
)
"""XLA's calling convention: output, inputs, the bytes that we passed, their number, status."""


@numba.cfunc(SIGNATURE, cache=True)  # type: ignore[untyped-decorator]
def _call(output: Any, inputs: Any, numbers: Any, length: Any, status: Any) -> None:
    plan = numba.carray(numbers, PLAN + 2)
    lengths = plan[0] * plan[5] * plan[6] * plan[7]
    x = numba.carray(inputs[0], plan[0] * plan[1] * plan[2] * plan[3] * plan[4], np.float32)
    g = numba.carray(inputs[1], lengths * plan[8], np.float32)
    out = numba.carray(output, plan[9] * plan[10] * plan[11] * plan[4] * plan[8], np.float32)
    kernel_gradient(x, g, out, plan, plan[PLAN], plan[PLAN + 1])


@functools.cache
def _registered() -> str:
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    target = capsule(_call.address, b"xla._CUSTOM_CALL_TARGET", None)
    jax.ffi.register_ffi_target(TARGET, target, platform="cpu", api_version=0)
    return TARGET


def native_kernel_gradient(op: Any, x: Any, g: Any, window: tuple[int, ...]) -> Any:
    """Returns the derivative by the kernel, for tensors of type float32 on the CPU."""
    samples, channels, filters = x.shape[0], x.shape[-1], g.shape[-1]
    plan = make_plan.py_func(samples, x.shape[1:-1], channels, window, filters, settings_of(op))
    parts = min(os.cpu_count() or 1, samples, 8)
    bounds = [samples * part // parts for part in range(parts + 1)]
    result = jax.ShapeDtypeStruct((*window, channels, filters), np.dtype(np.float32))
    total: Any = 0
    for start, stop in itertools.pairwise(bounds):
        numbers = np.array([*plan, start, stop], np.int64).tobytes()
        total = total + jax.ffi.ffi_call(
            _registered(), result, custom_call_api_version=3, legacy_backend_config=numbers
        )(x, g)
    return total
