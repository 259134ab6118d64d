"""Queries of DuckDB as data for models."""

from typing import Any

from oneiros.typing import Array
from oneiros_data.tables.frames import read


def read_query(query: Any, name: str) -> Array:
    """Returns a matrix of a query's columns.

    # Arguments
        query: `duckdb.DuckDBPyRelation`.
        name: str, what messages call the data.

    # Raises
        DataError: if a column holds anything but numbers, or lacks a value.
    """
    return read(query.to_arrow_table(), name)


def of_columns(columns: dict[str, list[Any]]) -> Any:
    """Returns a query of a table with these columns, with which the kit checks the
    reader."""
    import duckdb
    import pyarrow

    return duckdb.from_arrow(pyarrow.table(columns))


conformance = {"read_query": {"example": of_columns}}
"""What the kit can't guess."""
