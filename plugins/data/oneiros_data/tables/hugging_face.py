"""Hugging Face datasets: rows stay in their files until a batch needs them."""

import numpy as np
from oneiros.errors import DataError
from oneiros.typing import Array

from oneiros_data.rows import LazyRows
from oneiros_data.tables.frames import check_values, columns_of

NUMBERS = "fiub"
"""Kinds of NumPy types that models accept: floats, integers, booleans."""


class Rows(LazyRows):
    """Columns of a dataset, read row by row.

    # Arguments
        dataset: a `datasets.Dataset`.
        name: str, the column to read, with numbers or arrays of the same shape; None
            for a matrix of all columns, which must contain numbers.
        data_name: str, the name of the data in messages.

    # Raises
        DataError: if a column contains anything else, or has a missing value.
    """

    def __init__(self, dataset, name: str | None, data_name: str):
        names = dataset.column_names if name is None else [name]
        is_plain = dataset.format["type"] is None
        selected = dataset.select_columns(names)
        self._dataset = selected.with_format("numpy") if is_plain else selected
        self._name = name
        self._data_name = data_name
        self._check_values(selected)
        for column in names:
            self._check_type(column)

    def _check_values(self, dataset) -> None:
        """Looks for missing values, if the files say that there are any."""
        lacking = [
            name
            for name in dataset.column_names
            if dataset.data.column(name).null_count
        ]
        if lacking:
            table = dataset.with_format("arrow").select_columns(lacking)[:]
            check_values(columns_of(table), self._data_name)

    def _check_type(self, name: str) -> None:
        values = np.asarray(self._dataset[:1][name])
        fits = self._name is not None or values.ndim == 1
        if fits and values.dtype.kind in NUMBERS:
            return
        feature = self._dataset.features[name]
        raise DataError(
            f"{self._data_name}: the column {name!r} holds {feature!r:.80}, expected "
            f"{'numbers' if self._name is None else 'numbers, or arrays of them'}. "
            "Encode it, for example with dataset.map(…), or remove it: "
            "dataset.select_columns([…])."
        )

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, key) -> Array:
        """Returns rows.

        # Arguments
            key: slice, or list of int.
        """
        rows = self._dataset[key]
        if self._name is not None:
            return self._values(rows, self._name)
        names = self._dataset.column_names
        return np.stack([self._values(rows, name) for name in names], axis=1)

    def _values(self, rows, name: str) -> Array:
        values = np.asarray(rows[name])
        if values.dtype.kind not in NUMBERS:
            raise DataError(
                f"{self._data_name}: the column {name!r} holds arrays of several "
                "shapes. Give them the same shape, for example with dataset.map(…)."
            )
        return values


def read_dataset(dataset, data_name: str) -> Rows:
    """Returns a dataset as a matrix that is read by rows."""
    return Rows(dataset, None, data_name)


def read_column(column, data_name: str) -> Array | Rows:
    """Returns a column of a dataset that is read by rows; for a nested column, an
    array."""
    if not hasattr(column.source, "select_columns"):
        return np.asarray(column[:])
    return Rows(column.source, column.column_name, data_name)
