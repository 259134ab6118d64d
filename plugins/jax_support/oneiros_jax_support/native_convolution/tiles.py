"""Products of matrices in tiles that stay in vector registers, without BLAS or threads.

The tile is written in LLVM's language, because numba gives no access to registers. Its
sums stay in registers while it reads the rows of both matrices.
"""

from typing import Any

import numba
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def jitted(function: Any) -> Any:
    """Decorator that compiles a function at its first call."""
    compiled = numba.njit(error_model="numpy")
    return compiled(function)


def _has_wide_registers() -> bool:
    features = binding.get_host_cpu_features()
    return bool(features.get("avx512f"))


_IS_WIDE = _has_wide_registers()
ROWS = 8 if _IS_WIDE else 6
"""Rows of a tile."""
LANES = 16 if _IS_WIDE else 8
"""Numbers of type float32 in a vector register."""
ALIGNMENT = 4
"""Alignment of vectors in bytes."""
_INT = ir.IntType(64)
_LANE = ir.IntType(32)


class _TileWriter:
    """Writes the product of a tile.

    # Arguments
        builder: what writes operations.
        width: the tile's columns.
    """

    def __init__(self, builder, width: int):
        self.builder = builder
        number = ir.FloatType()
        self.vector = ir.VectorType(number, width)
        self.lanes = ir.VectorType(_LANE, width)
        operands = [self.vector] * 3
        signature = ir.FunctionType(self.vector, operands)
        name = f"llvm.fmuladd.v{width}f32"
        self.multiply_add = cgutils.get_or_insert_function(
            builder.module, signature, name
        )

    def write(self, left, rows, right, columns, sums, steps) -> None:
        """Writes `add_product` for the first numbers of `left`, `right` and `sums`."""
        builder = self.builder
        numbers = []
        places = []
        totals = []
        for row in range(ROWS):
            number = ir.Constant(_INT, row)
            place = self._vector_address(sums, number, columns)
            total = self._variable(place)
            numbers.append(number)
            places.append(place)
            totals.append(total)
        with cgutils.for_range(builder, steps) as loop:
            right_row = self._vector_address(right, loop.index, columns)
            factors = builder.load(right_row, align=ALIGNMENT)
            left_row = self._row(left, loop.index, rows)
            pairs = zip(numbers, totals, strict=True)
            for number, total in pairs:
                place = builder.gep(left_row, [number])
                factor = self._spread(place)
                before = builder.load(total)
                operands = [factor, factors, before]
                after = builder.call(self.multiply_add, operands)
                builder.store(after, total)
        pairs = zip(places, totals, strict=True)
        for place, total in pairs:
            vector = builder.load(total)
            builder.store(vector, place, align=ALIGNMENT)

    def _row(self, matrix, number, length):
        """Returns the address of a row of a matrix with rows of a length."""
        offset = self.builder.mul(number, length)
        return self.builder.gep(matrix, [offset])

    def _vector_address(self, matrix, number, length):
        row = self._row(matrix, number, length)
        pointer = self.vector.as_pointer()
        return self.builder.bitcast(row, pointer)

    def _variable(self, place):
        """Returns the address of a variable with the vector at a place; LLVM keeps it
        in registers."""
        vector = self.builder.load(place, align=ALIGNMENT)
        return cgutils.alloca_once_value(self.builder, vector)

    def _spread(self, place):
        """Returns a vector of the number at a place, in all lanes."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        first_lane = ir.Constant(_LANE, 0)
        number = self.builder.load(place)
        vector = self.builder.insert_element(undefined, number, first_lane)
        first_lanes = ir.Constant(self.lanes, None)
        return self.builder.shuffle_vector(vector, undefined, first_lanes)


def _tile(width: int):
    """Returns the product of a tile, as a function for numba."""

    @intrinsic
    def tile(context, left, rows, right, columns, sums, steps):
        signature = types.void(left, rows, right, columns, sums, steps)

        def generate(context, builder, signature, arguments):
            values = []
            pairs = zip(signature.args, arguments, strict=True)
            for kind, value in pairs:
                if isinstance(kind, types.Array):
                    array_type = context.make_array(kind)
                    array = array_type(context, builder, value)
                    value = array.data
                values.append(value)
            writer = _TileWriter(builder, width)
            writer.write(*values)
            return context.get_dummy_value()

        return signature, generate

    return tile


_wide = _tile(2 * LANES)
_narrow = _tile(LANES)


@jitted
def padded_rows(count: int):
    """Returns the next multiple of a tile's rows."""
    tiles = (count + ROWS - 1) // ROWS
    return tiles * ROWS


@jitted
def padded_columns(count: int):
    """Returns the next multiple of a vector's length."""
    vectors = (count + LANES - 1) // LANES
    return vectors * LANES


@jitted
def add_product(left, rows: int, right, columns: int, steps: int, sums) -> None:
    """Adds transpose(left) @ right to `sums`, flat matrices of float32.

    # Arguments
        left: (steps, rows); rows is a multiple as above.
        right: (steps, columns); columns is a multiple as above.
        sums: (rows, columns).
    """
    column = 0
    width = 2 * LANES
    while column + width <= columns:
        right_part = right[column:]
        for row in range(0, rows, ROWS):
            left_part = left[row:]
            start = row * columns + column
            sums_part = sums[start:]
            _wide(left_part, rows, right_part, columns, sums_part, steps)
        column += width
    if column < columns:
        right_part = right[column:]
        for row in range(0, rows, ROWS):
            left_part = left[row:]
            start = row * columns + column
            sums_part = sums[start:]
            _narrow(left_part, rows, right_part, columns, sums_part, steps)
