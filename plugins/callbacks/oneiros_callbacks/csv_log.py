"""`CSVLogger`: writes the epochs to a file as a table."""

import csv
import os
import re
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from oneiros import processes
from oneiros.arguments import check_bool, open_to_old_code, refusal
from oneiros.bases import Callback, Logs
from oneiros.engine.streams import Fit

from oneiros_callbacks.files import check_folder, writing
from oneiros_callbacks.messages import warn

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet computes."""
NUMBERS = re.compile(r"(nan|inf|[][\d\s.,e+-])+")
"""The cells that a row of a file may have: a number, or numbers in brackets."""


class CSVLogger(Callback):
    """Writes each epoch's values as a row of a CSV file.

    The columns are `epoch` and the values of the first epoch in alphabetical order. If
    you append to a file that has a header, they are the columns of that header. A text
    that a spreadsheet would compute, such as a name that begins with `=`, gets an
    apostrophe before it.

    # Example
        ```python
        import csv
        import numpy as np
        from oneiros.callbacks import CSVLogger
        from oneiros.layers import Dense
        from oneiros.models import Sequential

        model = Sequential([Dense(1, input_dim=4)])
        model.compile("sgd", "mse", metrics=["mae"])
        x = np.random.random((100, 4))
        log = CSVLogger("log.csv")
        model.fit(x, x[:, :1], nb_epoch=3, callbacks=[log], verbose=0)
        with open("log.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        print(list(rows[0]), rows[2]["epoch"])
        # ['epoch', 'loss', 'mean_absolute_error'] 2
        ```

    # Arguments
        filename: path of the file.
        separator: str, one character that separates the values.
        append: bool, whether to add rows to the existing ones; otherwise each fit
            overwrites the file.

    # Properties
        rows: list of dicts, the rows that this training run has written.

    # Raises
        ArgumentError: if `separator` isn't one character or, before training begins, if
            the folder doesn't exist.
        FileAccessError: if the system refuses to write, as on a full disk.
    """

    @open_to_old_code
    def __init__(self, filename: str, separator: str = ",", append: bool = False):
        if len(separator) != 1:
            expected = "one character, such as ',' or '\\t'"
            raise refusal("CSVLogger", "separator", separator, expected)
        self.sep = separator
        self.filename = filename
        self.append = check_bool(self, "append", append)
        self.writer: Any = None
        self.keys: list[str] | None = None
        self.append_header = True
        self.csv_file: Any = None
        self.rows: list[dict[str, Any]] = []

    def get_state(self) -> list[dict[str, Any]]:
        """Returns the rows."""
        return self.rows

    def set_state(self, state) -> None:
        """Writes the rows of the resumed run again, unless the file still has them.

        Only the numbers in them are written, because a file may hold anything.
        """
        rows = [_row_of_numbers(row) for row in state]
        if self.append:
            self.rows = rows
            return
        for row in rows:
            self._write(row)

    def prepare_fit(self, fit: Fit) -> None:
        """Checks the folder; of several processes, the first one writes."""
        if not processes.is_first():
            self.filename = os.devnull
        check_folder("CSVLogger", "filename", self.filename)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Opens the file."""
        mode = "a" if self.append else "w"
        with self._told():
            self.csv_file = open(  # noqa: SIM115 - open until training ends
                self.filename, mode, newline="", encoding="utf-8"
            )
        self.writer = None
        self.rows = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Writes the epoch's row."""
        values = {_text(name): _cell(value) for name, value in (logs or {}).items()}
        self._write({"epoch": epoch, **values})

    def on_train_end(self, logs: Logs = None) -> None:
        """Closes the file."""
        with self._told():
            self.csv_file.close()
        self.writer = None

    def _told(self) -> AbstractContextManager[None]:
        return writing("CSVLogger", "filename", self.filename)

    def _write(self, row: dict[str, Any]) -> None:
        with self._told():
            if self.writer is None:
                self.writer = self._begin(row)
            self.writer.writerow(row)
            self.csv_file.flush()
        self.rows.append(row)

    def _begin(self, row: dict[str, Any]):
        """Returns a writer of the file's columns; a new file gets a header."""
        self.keys = sorted(row.keys() - {"epoch"})
        columns = ["epoch", *self.keys]
        self.append_header = os.path.getsize(self.filename) == 0
        if not self.append_header:
            columns = self._columns_of_file(columns)
        writer = csv.DictWriter(
            self.csv_file, columns, extrasaction="ignore", delimiter=self.sep
        )
        if self.append_header:
            writer.writeheader()
        return writer

    def _columns_of_file(self, measured: list[str]) -> list[str]:
        with open(self.filename, newline="", encoding="utf-8") as file:
            columns = next(csv.reader(file, delimiter=self.sep))
        left_out = [name for name in measured if name not in columns]
        if left_out:
            warn(
                f"{str(self.filename)!r} has no column for "
                f"{', '.join(map(repr, left_out))}, so they are left out. It has "
                f"{', '.join(map(repr, columns))}. Pass another filename to keep all."
            )
        return columns


def _cell(value):
    """Returns what a cell holds: a number, numbers in brackets, or a text."""
    if isinstance(value, str):
        return _text(value)
    if np.ndim(value) == 0:
        return value
    return f"[{', '.join(map(str, value))}]"


def _text(text: str) -> str:
    """Returns a text that no spreadsheet computes."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _row_of_numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Returns a row of a file without the cells that aren't numbers."""
    cells = {}
    for name, value in row.items():
        if name.isprintable() and NUMBERS.fullmatch(str(value)):
            cells[_text(name)] = value
    return cells
