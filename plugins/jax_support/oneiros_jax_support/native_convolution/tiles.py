"""Products of matrices in tiles that stay in vector registers, without BLAS or threads.

The tile is written in LLVM's language, because numba gives no access to registers. Its
sums stay in registers while it reads the rows of both matrices.
"""

# mypy: allow-untyped-defs, allow-incomplete-defs
import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

Value = Any
"""A value in the generated code: a number, a vector or an address."""


def jitted(function: Any) -> Any:
    """Decorator that compiles a function at its first call, and keeps its code on
    disk."""
    return numba.njit(cache=True, error_model="numpy")(function)


def _has_wide_registers() -> bool:
    return bool(binding.get_host_cpu_features().get("avx512f"))


ROWS, LANES = (8, 16) if _has_wide_registers() else (6, 8)
"""Rows of a tile, and the float32 numbers in a vector register."""
ALIGNMENT = 4
"""Alignment of vectors in bytes."""
_INT = ir.IntType(64)
_LANE = ir.IntType(32)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


class _Place(NamedTuple):
    """Where in a matrix a tile works, for compiled code.

    # Properties
        matrix: flat array.
        start: the place of the part's first number.
        stride: the length of the matrix's rows.
    """

    matrix: Any
    start: int
    stride: int


@dataclass(frozen=True)
class _Part:
    """The part of a flat matrix that a tile works on, in the code that is written.

    # Properties
        data: the address of the matrix.
        start: the place of the part's first number.
        stride: the length of the matrix's rows.
    """

    data: Value
    start: Value
    stride: Value


class _Writer:
    """Writes operations on vectors of `LANES` numbers."""

    def __init__(self, builder) -> None:
        self.builder = builder

    def load(self, part: _Part, row, column: int) -> Value:
        """Returns a vector of a matrix's row."""
        address = self._vector_address(part, row, column)
        return self.builder.load(address, align=ALIGNMENT)

    def store(self, vector, part: _Part, row, column: int) -> None:
        """Writes a vector into a matrix's row."""
        address = self._vector_address(part, row, column)
        self.builder.store(vector, address, align=ALIGNMENT)

    def spread(self, part: _Part, row, column: int) -> Value:
        """Returns a vector of one number of a matrix, in all lanes."""
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first_lane = ir.Constant(_LANE, 0)
        number = self.builder.load(self._address(part, row, column))
        vector = self.builder.insert_element(undefined, number, first_lane)
        lanes_type = ir.VectorType(_LANE, LANES)
        lanes = ir.Constant(lanes_type, [0] * LANES)
        return self.builder.shuffle_vector(vector, undefined, lanes)

    def multiply_add(self, x, y, z) -> Value:
        """Returns x * y + z."""
        name = f"llvm.fmuladd.v{LANES}f32"
        signature = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        function = cgutils.get_or_insert_function(self.builder.module, signature, name)
        return self.builder.call(function, [x, y, z])

    def variable(self, vector) -> Value:
        """Returns the address of a variable of this value; LLVM keeps it in a
        register."""
        return cgutils.alloca_once_value(self.builder, vector)

    def _address(self, part: _Part, row, column: int) -> Value:
        offset = self.builder.mul(row, part.stride)
        row_start = self.builder.add(part.start, offset)
        place = self.builder.add(row_start, ir.Constant(_INT, column))
        return self.builder.gep(part.data, [place])

    def _vector_address(self, part: _Part, row, column: int) -> Value:
        address = self._address(part, row, column)
        return self.builder.bitcast(address, _VECTOR.as_pointer())


def _write_tile(
    builder, vectors: int, steps, left: _Part, right: _Part, sums: _Part
) -> None:
    """Writes sums[row, column] += the sum over all steps of left[step, row] *
    right[step, column], for `ROWS` rows and `vectors * LANES` columns."""
    writer = _Writer(builder)
    rows = [ir.Constant(_INT, row) for row in range(ROWS)]
    columns = range(0, vectors * LANES, LANES)
    totals = [
        [writer.variable(writer.load(sums, row, column)) for column in columns]
        for row in rows
    ]
    with cgutils.for_range(builder, steps) as loop:
        factors = [writer.load(right, loop.index, column) for column in columns]
        for row, row_totals in enumerate(totals):
            number = writer.spread(left, loop.index, row)
            for factor, total in zip(factors, row_totals, strict=True):
                value = writer.multiply_add(number, factor, builder.load(total))
                builder.store(value, total)
    for row, row_totals in zip(rows, totals, strict=True):
        for column, total in zip(columns, row_totals, strict=True):
            writer.store(builder.load(total), sums, row, column)


@functools.cache
def _tile(vectors: int):
    """Returns the product of a tile, as a function for numba."""

    @intrinsic
    def tile(context, left, right, sums, steps):
        def generate(context, builder, signature, args):
            *places, count = args
            parts = [
                _part(context, builder, place_type, place)
                for place_type, place in zip(signature.args[:-1], places, strict=True)
            ]
            _write_tile(builder, vectors, count, *parts)
            return context.get_dummy_value()

        return types.void(left, right, sums, types.intp), generate

    return tile


def _part(context, builder, place_type, place) -> _Part:
    """Returns what a `_Place` of compiled code says."""
    matrix, start, stride = cgutils.unpack_tuple(builder, place)
    matrix_type, *_ = place_type.types
    array = context.make_array(matrix_type)(context, builder, matrix)
    return _Part(array.data, start, stride)


_wide = _tile(2)
_narrow = _tile(1)


@jitted
def padded_rows(count: int):
    """Returns the next multiple of a tile's rows."""
    return (count + ROWS - 1) // ROWS * ROWS


@jitted
def padded_columns(count: int):
    """Returns the next multiple of a vector's length."""
    return (count + LANES - 1) // LANES * LANES


@jitted
def add_product(left, rows: int, right, columns: int, steps: int, sums) -> None:
    """Adds transpose(left) @ right to `sums`, flat matrices of float32.

    # Arguments
        left: (steps, rows); rows is a multiple as above.
        right: (steps, columns); columns is a multiple as above.
        sums: (rows, columns).
    """
    column = 0
    while column + 2 * LANES <= columns:
        for row in range(0, rows, ROWS):
            _wide(
                _Place(left, row, rows),
                _Place(right, column, columns),
                _Place(sums, row * columns + column, columns),
                steps,
            )
        column += 2 * LANES
    if column < columns:
        for row in range(0, rows, ROWS):
            _narrow(
                _Place(left, row, rows),
                _Place(right, column, columns),
                _Place(sums, row * columns + column, columns),
                steps,
            )
