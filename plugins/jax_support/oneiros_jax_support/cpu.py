"""What XLA and the C library need to be told for convolutions on a CPU.

Padded or few convolutions can take two to eight times as long where XLA computes them
with its library YNN, so an option switches it off; `graphs` says what is left to it.
With it predictions of case f of `benchmarks/compare.py` take 1.4 times as long, by the
clock (`benchmarks/mechanisms.py without_ynn`).

Memory that the C library hands back to the system after each step costs time, too, so
it keeps it: without that a training step of case b takes 1.3 times as long
(`benchmarks/mechanisms.py kept_memory`).
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys

OPTIONS: dict[str, bool | int | str] = {"xla_cpu_experimental_ynn_fusion_type": ""}
"""What switches YNN off."""
_TRIM_THRESHOLD = -1
_TOP_PAD = -2
_MMAP_MAX = -4


def convolution_options() -> dict[str, bool | int | str] | None:
    """Returns XLA's options for graphs with convolutions, as far as it knows them; None
    if not on a CPU."""
    from oneiros_jax_support.devices import platform

    return cpu_options() if platform() == "cpu" else None


@functools.cache
def cpu_options() -> dict[str, bool | int | str]:
    """Returns the options of a CPU, empty where XLA doesn't know them."""
    from oneiros_jax_support.jax_import import jax

    keep_freed_memory()
    try:
        jax.jit(lambda: 0, compiler_options=OPTIONS).lower().compile()
    except RuntimeError:
        return {}
    return OPTIONS


@functools.cache
def keep_freed_memory() -> None:
    """Lets glibc keep freed memory for the next step instead of handing it back to the
    system each time.

    XLA frees a step's intermediate results, some 100 MB for a small convolutional
    network, and the batches that were gathered for a run; the system clears them page
    by page when they are asked for again. It holds for the whole process, from the
    first function with a convolution or run of batches on; ONEIROS_KEEP_FREED_MEMORY=0
    in the environment forbids it.
    """
    if not sys.platform.startswith("linux"):
        return
    if os.environ.get("ONEIROS_KEEP_FREED_MEMORY") == "0":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_MMAP_MAX, 0)
        library.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
        library.mallopt(_TOP_PAD, 1 << 26)
