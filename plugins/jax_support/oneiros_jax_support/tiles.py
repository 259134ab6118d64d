"""Matrix products for numba, in tiles that stay in vector registers: no BLAS, no
threads, any strides."""

from __future__ import annotations

import functools
from typing import Any

import numba
import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic


def jitted(function: Any) -> Any:
    """Decorator: compiles a function when it is first called, and keeps its code on
    disk."""
    return numba.njit(cache=True, error_model="numpy")(function)


def closure(function: Any) -> Any:
    """Decorator: makes a function available to compiled ones."""
    return numba.njit(function)


def _has_wide_registers() -> bool:
    return bool(binding.get_host_cpu_features().get("avx512f"))


ROWS, BYTES = (8, 64) if _has_wide_registers() else (6, 32)
"""Rows of a tile, and the size of the vectors that its columns come in."""
_INT, _INDEX = ir.IntType(64), ir.IntType(32)


class _Tile:
    """Writes the code of one tile: the sums live in registers while it runs through the
    steps."""

    def __init__(self, builder: Any, number: Any, lanes: int) -> None:
        self.builder, self.number = builder, number
        self.vector = ir.VectorType(number, lanes)
        name = f"llvm.fmuladd.v{lanes}f{8 * (BYTES // lanes)}"
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fused = builder.module.globals.get(name) or ir.Function(
            builder.module, kind, name
        )

    def address(self, base: Any, at: Any) -> Any:
        return self.builder.bitcast(
            self.builder.gep(base, [at]), self.vector.as_pointer()
        )

    def load(self, base: Any, at: Any) -> Any:
        return self.builder.load(self.address(base, at), align=self.align)

    def store(self, value: Any, base: Any, at: Any) -> None:
        self.builder.store(value, self.address(base, at), align=self.align)

    @property
    def align(self) -> int:
        return 4 if isinstance(self.number, ir.FloatType) else 8

    def spread(self, base: Any, at: Any) -> Any:
        """Loads one number into all lanes."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        one = self.builder.load(self.builder.gep(base, [at]))
        first = self.builder.insert_element(undefined, one, ir.Constant(_INDEX, 0))
        lanes = ir.VectorType(_INDEX, self.vector.count)
        return self.builder.shuffle_vector(
            first, undefined, ir.Constant(lanes, [0] * self.vector.count)
        )


@functools.cache
def _tile(vectors: int) -> Any:
    """Returns the product of a tile of `ROWS` rows and some vectors of columns, as a
    function for numba."""

    @intrinsic  # type: ignore[untyped-decorator]
    def tile(
        context: Any,
        x: Any,
        at: Any,
        row: Any,
        step: Any,
        y: Any,
        y_at: Any,
        y_step: Any,
        steps: Any,
        out: Any,
        out_at: Any,
        out_row: Any,
    ) -> Any:
        lanes = BYTES * 8 // x.dtype.bitwidth

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def data(i: int) -> Any:
                return context.make_array(signature.args[i])(
                    context, builder, arguments[i]
                ).data

            _, at, row, step, _, y_at, y_step, steps, _, out_at, out_row = arguments
            number = context.get_data_type(x.dtype)
            _write(
                _Tile(builder, number, lanes),
                vectors,
                steps,
                (data(0), at, row, step),
                (data(4), y_at, y_step),
                (data(8), out_at, out_row),
            )
            return context.get_dummy_value()

        counts = types.intp
        return types.void(
            x, *[counts] * 3, y, *[counts] * 3, out, *[counts] * 2
        ), generate

    return tile


def _write(tile: _Tile, vectors: int, steps: Any, x: Any, y: Any, out: Any) -> None:
    """Writes out[a, v] += sum over s of x[a, s] * y[s, v]."""
    builder, lanes = tile.builder, tile.vector.count
    (x, at, row, step), (y, y_at, y_step), (out, out_at, out_row) = x, y, out

    def count(n: int) -> Any:
        return ir.Constant(_INT, n)

    places = [
        builder.add(
            out_at, builder.add(builder.mul(out_row, count(a)), count(v * lanes))
        )
        for a in range(ROWS)
        for v in range(vectors)
    ]
    rows = [builder.mul(row, count(a)) for a in range(ROWS)]
    before = [tile.load(out, place) for place in places]
    start = builder.block
    loop, end = builder.append_basic_block("steps"), builder.append_basic_block("end")
    builder.cbranch(builder.icmp_signed(">", steps, count(0)), loop, end)

    builder.position_at_end(loop)
    counters = [builder.phi(_INT) for _ in range(3)]
    sums = [builder.phi(tile.vector) for _ in before]
    columns = [
        tile.load(y, builder.add(counters[2], count(v * lanes))) for v in range(vectors)
    ]
    after = []
    for a in range(ROWS):
        number = tile.spread(x, builder.add(counters[1], rows[a]))
        for v in range(vectors):
            after.append(
                builder.call(tile.fused, [number, columns[v], sums[a * vectors + v]])
            )
    following = [
        builder.add(c, by)
        for c, by in zip(counters, (count(1), step, y_step), strict=True)
    ]
    for phi, first, new in zip(
        counters + sums, [count(0), at, y_at, *before], following + after, strict=True
    ):
        phi.add_incoming(first, start)
        phi.add_incoming(new, loop)
    builder.cbranch(builder.icmp_signed("<", following[0], steps), loop, end)

    builder.position_at_end(end)
    results = [builder.phi(tile.vector) for _ in before]
    for phi, old, new in zip(results, before, after, strict=True):
        phi.add_incoming(old, start)
        phi.add_incoming(new, loop)
    for phi, place in zip(results, places, strict=True):
        tile.store(phi, out, place)


_wide, _narrow = _tile(2), _tile(1)


@jitted
def padded_rows(n: int) -> Any:
    """Returns the next multiple of a tile's rows."""
    return (n + ROWS - 1) // ROWS * ROWS


@jitted
def padded_columns(n: int, itemsize: int) -> Any:
    """Returns the next multiple of a vector's length."""
    lanes = BYTES // itemsize
    return (n + lanes - 1) // lanes * lanes


@jitted
def multiply_add(
    rows: int,
    columns: int,
    steps: int,
    x: Any,
    row: int,
    step: int,
    y: Any,
    y_at: int,
    y_step: int,
    out: Any,
) -> None:
    """Adds the product of two matrices to a third; rows and columns are multiples as
    above.

    Element (a, s) of the first stands at `x[a * row + s * step]`, (s, b) of the second
    at
    `y[y_at + s * y_step + b]`, (a, b) of the result at `out[a * columns + b]`; all
    three are flat arrays.
    """
    lanes = BYTES // np.int64(out.itemsize)
    b: Any = 0
    while b + 2 * lanes <= columns:
        for a in range(0, rows, ROWS):
            _wide(
                x,
                a * row,
                row,
                step,
                y,
                y_at + b,
                y_step,
                steps,
                out,
                a * columns + b,
                columns,
            )
        b += 2 * lanes
    if b < columns:
        for a in range(0, rows, ROWS):
            _narrow(
                x,
                a * row,
                row,
                step,
                y,
                y_at + b,
                y_step,
                steps,
                out,
                a * columns + b,
                columns,
            )
