"""The derivative by a kernel as a function that XLA calls without Python in between.

Without it, a training step of case b of `benchmarks/compare.py` takes 1.2 times the
processor time (`benchmarks/mechanisms.py native_convolution`), one of a network of
volumes 1.3 times on Theano and 1.7 on JAX (`benchmarks/volumes.py`).
"""

import ctypes
import functools
import itertools

import numba
import numpy as np
from numba import types
from numba.np.unsafe.ndarray import to_fixed_tuple

from oneiros_jax_support.jax_import import jax, jnp
from oneiros_jax_support.native_convolution import patches
from oneiros_jax_support.native_convolution.patches import ConvolutionSizes
from oneiros_jax_support.windows import ConvolutionWindows, Sizes

CALL = types.void(
    types.voidptr,
    types.CPointer(types.voidptr),
    types.CPointer(types.uint8),
    types.uintp,
    types.voidptr,
)
"""XLA's calling convention: output, inputs, the bytes that we passed, their number,
status."""
DIGITS = 10
"""Digits to the base of 128 that hold a number of 64 bits. XLA takes the bytes for
text, and can't store a program in which they aren't."""
TARGET = "oneiros_kernel_gradient"
PARTS = 16
"""Parts of the windows. XLA gives another thread work only while more than eight
operations are ready; in two parts, one core computes both."""
SIZE_COUNT = len(ConvolutionSizes._fields)


def kernel_gradient(windows: ConvolutionWindows, x, gradient, window: Sizes):
    """Returns the derivative of a convolution of images by its kernel, in float32.

    There are several calls; each computes a part of the windows.

    # Arguments
        windows: where the windows lie.
        x: (samples, height, width, channels).
        gradient: the derivative by the convolution's result, (samples, height, width,
            filters); samples may be several axes.
        window: the kernel's height and width.
    """
    _register()
    channels = x.shape[-1]
    filters = gradient.shape[-1]
    shape = (*window, channels, filters)
    result_type = jax.ShapeDtypeStruct(shape, np.float32)
    sizes = _sizes(windows, x.shape, gradient.shape, window)
    count = sizes.samples * sizes.result_height * sizes.result_width
    bounds = [count * part // PARTS for part in range(PARTS + 1)]
    results = []
    for start, stop in itertools.pairwise(bounds):
        compute = jax.ffi.ffi_call(
            TARGET,
            result_type,
            custom_call_api_version=3,
            legacy_backend_config=_as_text([*sizes, start, stop]),
        )
        result = compute(x, gradient)
        results.append(result)
    return functools.reduce(jnp.add, results)


def _sizes(
    windows: ConvolutionWindows, shape: Sizes, result_shape: Sizes, window: Sizes
) -> ConvolutionSizes:
    spatial = shape[1:-1]
    (top, _), (left, _) = windows.paddings(spatial, window)
    result = result_shape[-3:]
    sizes = [*shape, *result, *window]
    sizes += [*windows.strides, *windows.dilation, top, left]
    return ConvolutionSizes._make(sizes)


def _as_text(numbers: list[int]) -> bytes:
    """Returns the digits of all numbers, the lowest first, each as a byte."""
    digits = []
    for number in numbers:
        digits += [number >> 7 * place & 127 for place in range(DIGITS)]
    return bytes(digits)


def _call(output, inputs, text, length, status) -> None:
    """Computes the derivative for a part of the windows, on XLA's memory.

    The text holds the sizes, followed by the numbers of the first window and of the
    first one that isn't part of it.
    """
    digits = numba.carray(text, (SIZE_COUNT + 2, DIGITS))
    numbers = np.zeros(SIZE_COUNT + 2, np.int64)
    for place in range(DIGITS):
        numbers += digits[:, place].astype(np.int64) << 7 * place
    sizes = ConvolutionSizes(*to_fixed_tuple(numbers, SIZE_COUNT))
    start = numbers[SIZE_COUNT]
    stop = numbers[SIZE_COUNT + 1]
    size = sizes.height * sizes.width * sizes.channels
    result_size = sizes.result_height * sizes.result_width * sizes.filters
    cells = sizes.window_height * sizes.window_width
    kernels = sizes.channels * sizes.filters
    weights = cells * kernels
    images = inputs[0]
    gradients = inputs[1]
    x = numba.carray(images, sizes.samples * size, np.float32)
    gradient = numba.carray(gradients, sizes.samples * result_size, np.float32)
    result = numba.carray(output, weights, np.float32)
    patches.kernel_gradient(x, gradient, result, sizes, start, stop)


@functools.cache
def _register() -> None:
    """Compiles the function, and makes it known to XLA."""
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype = ctypes.py_object
    capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    compiled = numba.cfunc(CALL, cache=True)
    function = compiled(_call)
    target = capsule(function.address, b"xla._CUSTOM_CALL_TARGET", None)
    jax.ffi.register_ffi_target(TARGET, target, platform="cpu", api_version=0)
