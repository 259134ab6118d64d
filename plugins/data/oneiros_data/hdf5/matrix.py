"""`HDF5Matrix`: data that doesn't fit in memory."""

import os
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import numpy as np
from oneiros.arguments import check_int, is_int, refusal
from oneiros.typing import Array
from oneiros_safe_files.file_access import open_regular, text_of_path
from oneiros_safe_files.hdf5_library import find_array, open_file, reading_rows

from oneiros_data.rows import LazyRows

OWNER = "HDF5Matrix"


class HDF5Matrix(LazyRows):
    """Rows of an array in an HDF5 file, read on demand.

    Pass it instead of an array to `fit`, `evaluate` and `predict`. Reading consecutive
    rows is fastest, so train with `shuffle="batch"` or `shuffle=False`.

    # Arguments
        datapath: path of the file.
        dataset: str, path of the array in the file.
        start: int, the first row.
        end: int, the row after the last one, or None for all rows.
        normalizer: function that receives rows and returns the rows to use.

    # Raises
        FileMissingError: if the file doesn't exist.
        FileFormatError: if it is damaged, or doesn't contain the array.
        UnsafeFileError: if the array's data is in another file.
        ArgumentError: if the array doesn't have these rows.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.utils.io_utils import HDF5Matrix, save_array

        save_array(np.random.random((100, 3)), "x.h5")
        x = HDF5Matrix("x.h5", "data", start=20, normalizer=lambda rows: rows - 0.5)
        print(x.shape)  # (80, 3)
        model = Sequential([Dense(3, input_dim=3)])
        model.compile("sgd", "mse")
        history = model.fit(x, x, nb_epoch=1, shuffle="batch", verbose=0)
        ```
    """

    refs: MutableMapping[str, Any] = WeakValueDictionary()
    """Open files by real path; matrices with the same path share a file."""
    _versions: ClassVar[dict[str, tuple[int, ...]]] = {}
    """The version of each file when it was opened."""

    def __init__(
        self,
        datapath: str | os.PathLike[str],
        dataset: str,
        start: int = 0,
        end: int | None = None,
        normalizer: Callable[[Array], Array] | None = None,
    ):
        self._file = self._open(text_of_path(f"{OWNER}: datapath", datapath))
        self.data = find_array(self._file, dataset)
        rows = self.data.shape[0]
        self.start = check_int(OWNER, "start", start, minimum=0)
        self.end = rows if end is None else check_int(OWNER, "end", end, minimum=0)
        if not self.start <= self.end <= rows:
            expected = f"rows from start={self.start} to the array's {rows}"
            raise refusal(OWNER, "end", end, expected)
        self.normalizer = normalizer

    def _open(self, path: str):
        place = os.path.realpath(path)
        with open_regular(Path(path)) as opened:
            version = _version(os.fstat(opened.fileno()))
        file = self.refs.get(place)
        if not file or self._versions[place] != version:
            file = self.refs[place] = open_file(Path(place))
            self._versions[place] = version
        return file

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key) -> Array:
        """Returns rows.

        # Arguments
            key: int, slice, or list or array of int or bool.

        # Raises
            IndexError: if the rows don't exist.
            FileFormatError: if they are damaged.
            FileAccessError: if memory is short, or the system refuses to read them.
        """
        rows = self._read(key)
        return rows if self.normalizer is None else self.normalizer(rows)

    def _read(self, key) -> Array:
        if isinstance(key, slice):
            return self._read_slice(key)
        if is_int(key):
            return self._stored(self._places(np.array([key]))[0])
        if isinstance(key, (list, np.ndarray)):
            return self._read_places(self._places(np.asarray(key)))
        raise IndexError(
            f"{OWNER} received {key!r:.80}. Expected a number, a slice, or a list or "
            "array of numbers. Select rows first, then columns of the result."
        )

    def _read_slice(self, key: slice) -> Array:
        if key.stop is not None and key.stop > len(self):
            raise IndexError(
                f"{OWNER} has {len(self)} rows; received a slice up to {key.stop}."
            )
        start, stop, step = key.indices(len(self))
        if step < 0:
            return self._read_places(self.start + np.arange(start, stop, step))
        first = self.start + start
        return self._stored(slice(first, self.start + max(start, stop), step))

    def _places(self, rows: Array) -> Array:
        """Returns the positions of this matrix's rows in the file."""
        if rows.dtype == bool and len(rows) == len(self):
            rows = np.flatnonzero(rows)
        if not rows.size:
            return np.zeros(0, int)
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise IndexError(f"{OWNER} expected integers; received {rows!r:.80}.")
        rows = np.where(rows < 0, rows + len(self), rows)
        if rows.min() < 0 or rows.max() >= len(self):
            raise IndexError(
                f"{OWNER} has {len(self)} rows; received numbers from {rows.min()} to "
                f"{rows.max()}."
            )
        return self.start + rows

    def _read_places(self, places: Array) -> Array:
        """Returns rows in any order and with repetitions; HDF5 reads each once, in
        ascending order."""
        stored, order = np.unique(places, return_inverse=True)
        return self._stored(stored.tolist())[order]

    def _stored(self, selection) -> Array:
        with reading_rows(self.data):
            rows: Array = self.data[selection]
        return rows

    @property
    def id(self):
        """HDF5's identifier of the array, which shows whether the file is still
        open."""
        return self.data.id


def _version(status: os.stat_result) -> tuple[int, ...]:
    """Returns values that change when the file is rewritten or replaced."""
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
