"""Products of matrices in tiles that stay in vector registers: no BLAS, no threads.

The tile is written in LLVM's language, because numba gives no access to registers: its
sums live in them while it runs through the rows of both matrices.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.extending import intrinsic


def jitted(function: Any) -> Any:
    """Decorator: compiles a function when it is first called, and keeps its code on
    disk."""
    return numba.njit(cache=True, error_model="numpy")(function)


def _has_wide_registers() -> bool:
    return bool(binding.get_host_cpu_features().get("avx512f"))


ROWS, LANES = (8, 16) if _has_wide_registers() else (6, 8)
"""Rows of a tile, and the float32 numbers in a vector register."""
ALIGNMENT = 4
"""Bytes that the start of a vector is a multiple of."""
_INT, _INDEX, _FLOAT = ir.IntType(64), ir.IntType(32), ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)


@dataclass
class _Matrix:
    """Where a tile's part of a flat matrix begins, and how far its rows are apart."""

    data: Any
    start: Any
    stride: Any


class _Writer:
    """Writes the code of a tile."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        name = f"llvm.fmuladd.v{LANES}f32"
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        known = builder.module.globals.get(name)
        self.multiply_add = known or ir.Function(builder.module, kind, name)

    def offset(
        self,
        start: Any,
        count: int,
    ) -> Any:
        return self.builder.add(start, ir.Constant(_INT, count))

    def address(
        self,
        data: Any,
        place: Any,
    ) -> Any:
        first = self.builder.gep(data, [place])
        return self.builder.bitcast(first, _VECTOR.as_pointer())

    def load(
        self,
        data: Any,
        place: Any,
    ) -> Any:
        return self.builder.load(self.address(data, place), align=ALIGNMENT)

    def store(
        self,
        value: Any,
        data: Any,
        place: Any,
    ) -> None:
        self.builder.store(value, self.address(data, place), align=ALIGNMENT)

    def spread(
        self,
        data: Any,
        place: Any,
    ) -> Any:
        """Loads one number into all lanes."""
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        number = self.builder.load(self.builder.gep(data, [place]))
        vector = self.builder.insert_element(undefined, number, ir.Constant(_INDEX, 0))
        lanes = ir.Constant(ir.VectorType(_INDEX, LANES), [0] * LANES)
        return self.builder.shuffle_vector(vector, undefined, lanes)


def _write_tile(
    builder: Any,
    vectors: int,
    steps: Any,
    left: _Matrix,
    right: _Matrix,
    sums: _Matrix,
) -> None:
    """Writes sums[a, b] += sum over s of left[s, a] * right[s, b], for `ROWS` values of
    a and `vectors * LANES` values of b."""
    writer = _Writer(builder)
    places = []
    for row in range(ROWS):
        distance = builder.mul(sums.stride, ir.Constant(_INT, row))
        start = builder.add(sums.start, distance)
        places += [writer.offset(start, v * LANES) for v in range(vectors)]
    before = [writer.load(sums.data, place) for place in places]

    entry = builder.block
    loop = builder.append_basic_block("steps")
    end = builder.append_basic_block("end")
    zero = ir.Constant(_INT, 0)
    builder.cbranch(builder.icmp_signed(">", steps, zero), loop, end)

    builder.position_at_end(loop)
    step, left_at, right_at = (builder.phi(_INT) for _ in range(3))
    totals = [builder.phi(_VECTOR) for _ in places]
    columns = [
        writer.load(right.data, writer.offset(right_at, v * LANES))
        for v in range(vectors)
    ]
    after = []
    for row in range(ROWS):
        number = writer.spread(left.data, writer.offset(left_at, row))
        for v in range(vectors):
            operands = [number, columns[v], totals[row * vectors + v]]
            after.append(builder.call(writer.multiply_add, operands))
    next_step = writer.offset(step, 1)
    counters = [
        (step, zero, next_step),
        (left_at, left.start, builder.add(left_at, left.stride)),
        (right_at, right.start, builder.add(right_at, right.stride)),
    ]
    for phi, first, following in [*counters, *zip(totals, before, after, strict=True)]:
        phi.add_incoming(first, entry)
        phi.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", next_step, steps), loop, end)

    builder.position_at_end(end)
    results = []
    for old, new in zip(before, after, strict=True):
        result = builder.phi(_VECTOR)
        result.add_incoming(old, entry)
        result.add_incoming(new, loop)
        results.append(result)
    for place, result in zip(places, results, strict=True):
        writer.store(result, sums.data, place)


@functools.cache
def _tile(vectors: int) -> Any:
    """Returns the product of a tile, as a function for numba."""

    @intrinsic  # type: ignore[untyped-decorator]
    def tile(
        context: Any,
        left: Any,
        left_start: Any,
        left_stride: Any,
        right: Any,
        right_start: Any,
        stride: Any,
        steps: Any,
        sums: Any,
        sums_start: Any,
    ) -> Any:
        def generate(
            context: Any,
            builder: Any,
            signature: Any,
            args: Any,
        ) -> Any:
            def data(place: int) -> Any:
                array = context.make_array(signature.args[place])
                return array(context, builder, args[place]).data

            _write_tile(
                builder,
                vectors,
                args[6],
                _Matrix(data(0), args[1], args[2]),
                _Matrix(data(3), args[4], args[5]),
                _Matrix(data(7), args[8], args[5]),
            )
            return context.get_dummy_value()

        count = types.intp
        signature = types.void(
            left, count, count, right, count, count, count, sums, count
        )
        return signature, generate

    return tile


_wide, _narrow = _tile(2), _tile(1)


@jitted
def padded_rows(count: int) -> Any:
    """Returns the next multiple of a tile's rows."""
    return (count + ROWS - 1) // ROWS * ROWS


@jitted
def padded_columns(count: int) -> Any:
    """Returns the next multiple of a vector's length."""
    return (count + LANES - 1) // LANES * LANES


@jitted
def add_product(
    left: Any,
    rows: int,
    right: Any,
    columns: int,
    steps: int,
    sums: Any,
) -> None:
    """Adds transpose(left) @ right to `sums`, flat matrices of float32.

    # Arguments
        left: (steps, rows); rows is a multiple as above.
        right: (steps, columns); columns is a multiple as above.
        sums: (rows, columns).
    """
    column = 0
    while column + 2 * LANES <= columns:
        for row in range(0, rows, ROWS):
            place = row * columns + column
            _wide(left, row, rows, right, column, columns, steps, sums, place)
        column += 2 * LANES
    if column < columns:
        for row in range(0, rows, ROWS):
            place = row * columns + column
            _narrow(left, row, rows, right, column, columns, steps, sums, place)
