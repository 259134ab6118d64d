"""Converts tables of pandas, polars and Arrow to arrays."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from oneiros import backend as K
from oneiros.errors import DataError
from oneiros.typing import Array

Column = nw.Series[Any]
conformance = {"refuse_query": {"tags": ("refuses",)}}
"""What the checks of oneiros-testing must know of some functions."""


def read(table, data_name: str) -> Array:
    """Converts a table to a matrix, or a column to a vector.

    If all columns have the same type, the array has it, too; otherwise it has the
    common type of all columns. Floats get the type `K.floatx()`. Data that is already
    an array in memory isn't copied.

    # Arguments
        table: table or column that narwhals supports.
        data_name: str, the name of the data in messages.

    # Raises
        DataError: if a column contains anything but numbers, or has a missing value.
    """
    columns = columns_of(table)
    check_types(columns, data_name)
    check_values(columns, data_name)
    arrays = [column.to_numpy() for column in columns]
    frame = nw.from_native(table, allow_series=True)
    if isinstance(frame, nw.Series):
        return arrays[0]
    types = {array.dtype for array in arrays}
    if len(types) <= 1:
        return np.asarray(frame.to_numpy())
    dtype = np.result_type(*types)
    if dtype.kind == "f":
        dtype = np.dtype(K.floatx())
    return np.stack(arrays, axis=1, dtype=dtype, casting="same_kind")


def read_chunk(array, data_name: str) -> Array:
    """Converts an Arrow array to a vector."""
    import pyarrow

    return read(pyarrow.chunked_array([array]), data_name)


def read_record_batch(batch, data_name: str) -> Array:
    """Converts Arrow rows to a matrix."""
    import pyarrow

    return read(pyarrow.Table.from_batches([batch]), data_name)


def refuse_query(query, data_name: str) -> Array:
    """Raises DataError for a table that isn't computed yet."""
    raise DataError(
        f"{data_name}: received a {type(query).__name__}, which isn't computed yet. "
        "Compute it first: table = query.collect()."
    )


def columns_of(table) -> list[Column]:
    """Returns the columns of a table, or a single column in a list."""
    frame = nw.from_native(table, eager_only=True, allow_series=True)
    return [frame] if isinstance(frame, nw.Series) else list(frame.iter_columns())


def check_types(columns: Sequence[Column], data_name: str) -> None:
    """Raises DataError if columns don't contain numbers.

    # Arguments
        data_name: str, the name of the data in messages.
    """
    others = [column for column in columns if not _holds_numbers(column.dtype)]
    if not others:
        return
    described = ", ".join(f"{column.name!r} ({column.dtype})" for column in others)
    advice = "Encode them as numbers first"
    if len(others) < len(columns):
        names = [column.name for column in columns if _holds_numbers(column.dtype)]
        advice += f", or keep only {names!r:.200}"
    raise DataError(
        f"{data_name}: received columns that aren't numeric: {described:.200}. "
        f"{advice}."
    )


def _holds_numbers(dtype: nw.dtypes.DType) -> bool:
    return dtype.is_integer() or dtype.is_float() or dtype.is_boolean()


def check_values(columns: Sequence[Column], data_name: str) -> None:
    """Raises DataError if a column has a missing value.

    # Arguments
        data_name: str, the name of the data in messages.
    """
    for column in columns:
        lacks = column.is_null().to_numpy()
        count = int(lacks.sum())
        if not count:
            continue
        place = f"row {lacks.tolist().index(True)}, counting from 0"
        if count > 1:
            place += f", and in {count - 1} more"
        raise DataError(
            f"{data_name}: the column {column.name!r} has no value in {place}. Fill "
            "missing values, or drop their rows, before you take inputs and targets "
            "from the table."
        )
