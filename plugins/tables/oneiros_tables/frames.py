"""Tables in memory, made into arrays: those of pandas, polars and Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from oneiros import backend as K
from oneiros.errors import DataError

Array = Any
Column = nw.Series[Any]


def read(table: Any, data_name: str) -> Array:
    """Returns a table as a matrix of rows and columns, or a column as a vector.

    Columns of one type keep it; several ones have the type that holds them all, floats
    that of `K.floatx()`. What lies in memory as an array isn't copied.

    # Arguments
        table: table or column that narwhals knows.
        data_name: str, the name of the data in messages.

    # Raises
        DataError: if a column holds something else than numbers, or lacks a value.
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
        return frame.to_numpy()
    dtype = np.result_type(*types)
    if dtype.kind == "f":
        dtype = np.dtype(K.floatx())
    return np.stack(arrays, axis=1, dtype=dtype, casting="same_kind")


def read_chunk(array: Any, data_name: str) -> Array:
    """Returns an array of Arrow as a vector."""
    import pyarrow

    return read(pyarrow.chunked_array([array]), data_name)


def read_record_batch(batch: Any, data_name: str) -> Array:
    """Returns rows of Arrow as a matrix."""
    import pyarrow

    return read(pyarrow.Table.from_batches([batch]), data_name)


def refuse_query(query: Any, data_name: str) -> Array:
    """Refuses a table that isn't computed yet."""
    raise DataError(
        f"{data_name}: received a {type(query).__name__}, which isn't computed yet. "
        "Compute it first: table = query.collect()."
    )


def columns_of(table: Any) -> list[Column]:
    """Returns the columns of a table; a column alone is the only one."""
    frame = nw.from_native(table, eager_only=True, allow_series=True)
    return [frame] if isinstance(frame, nw.Series) else list(frame.iter_columns())


def check_types(columns: Sequence[Column], data_name: str) -> None:
    """Raises DataError if columns don't hold numbers.

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
        f"{data_name}: received columns that don't hold numbers: {described:.200}. "
        f"{advice}."
    )


def _holds_numbers(dtype: nw.dtypes.DType) -> bool:
    return dtype.is_integer() or dtype.is_float() or dtype.is_boolean()


def check_values(columns: Sequence[Column], data_name: str) -> None:
    """Raises DataError if a column lacks a value.

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
            "such values, or drop their rows, before inputs and targets are taken from "
            "the table."
        )
