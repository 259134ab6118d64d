"""What the Ops that move windows along spatial axes share."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from oneiros_jax_support.cpu import keep_freed_memory
from pytensor.graph.basic import Constant
from pytensor.graph.op import Op


class Windowed(Op):  # type: ignore[misc]
    """An Op that moves windows along spatial axes: batch first, channels last.

    # Properties
        converted_by: the module that registers the conversion to JAX.
    """

    converted_by: str

    def compiled(self) -> Any:
        """Returns the computation as a function for numba; its `py_func` needs no
        compilation of its own."""
        raise NotImplementedError

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        """Computes with NumPy arrays."""
        results = self.compiled().py_func(*inputs)
        results = results if isinstance(results, tuple) else (results,)
        for storage, value in zip(output_storage, results, strict=True):
            storage[0] = value


def known(sizes: Sequence[Any]) -> tuple[int | None, ...]:
    """Returns sizes as far as they are constants."""
    return tuple(
        int(n.data) if isinstance(n, Constant) else n if isinstance(n, int) else None
        for n in sizes
    )


def scalars(sizes: Sequence[Any]) -> list[Any]:
    """Returns sizes as inputs of a node."""
    return [
        pt.constant(n, dtype="int64") if isinstance(n, int) else n.astype("int64")
        for n in sizes
    ]


def sizes_of(x: Any, axes: slice) -> list[Any]:
    """Returns the sizes of some axes: an int where it is known, else a scalar
    tensor."""
    return [x.shape[i] if n is None else n for i, n in enumerate(x.type.shape)][axes]


@functools.cache
def register_with_numba() -> None:
    """Tells PyTensor's numba linker about these Ops."""
    from oneiros_jax_support.convolution_kernels import VERSION
    from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

    @register_funcify_default_op_cache_key(Windowed)  # type: ignore[untyped-decorator]
    def funcify(op: Any, node: Any = None, **kwargs: Any) -> Any:
        return op.compiled(), VERSION


def prepare_numba(convolves: bool) -> None:
    """Prepares PyTensor's numba linker for these Ops."""
    register_with_numba()
    if convolves:
        keep_freed_memory()
