"""`CSVLogger`: writes the epochs to a file as a table."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
from oneiros.arguments import check_bool, refusal
from oneiros.bases import Callback
from oneiros.engine.hints import open_to_old_code
from oneiros.errors import FileFormatError

from oneiros_callbacks.csv_table import Table
from oneiros_callbacks.folders import check_folder, writing
from oneiros_callbacks.messages import warn

Logs = dict[str, Any] | None


LONGEST_HEADER = 1 << 16
"""How many bytes the header of a file that exists may have."""


class CSVLogger(Callback):
    """Writes each epoch's values as a row of a CSV file.

    The columns are `epoch` and the values of the first epoch in alphabetical order. If
    you append to a file that has a header, they are the columns of that header.

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

    # Raises
        ArgumentError: before training begins, if the folder doesn't exist, or the
            system doesn't let the file be written.
        FileFormatError: before training begins, if it can't append to the file.
    """

    @open_to_old_code
    def __init__(
        self, filename: str, separator: str = ",", append: bool = False
    ) -> None:
        if (
            not isinstance(separator, str)
            or len(separator) != 1
            or separator in '"\r\n'
        ):
            expected = "one character, such as ',' or '\\t'"
            raise refusal("CSVLogger", "separator", separator, expected)
        self.sep = separator
        self.filename = filename
        self.append = check_bool(self, "append", append)
        self.writer: Any = None
        self.keys: list[str] | None = None
        self.append_header = True
        self.csv_file: Any = None
        self._begun_at = 0
        self._columns: list[str] = []

    def get_state(self) -> list[Any]:
        """Returns the rows written so far, their position in the file, and their
        format."""
        with open(self.filename, "rb") as file:
            file.seek(self._begun_at)
            written = file.read().decode(errors="replace")
        return [str(self.filename), self._begun_at, written, self._columns, self.sep]

    def set_state(self, state: Any) -> None:
        """Restores the contents that the file had when `get_state` returned this state.

        In another file, or if another program has written to it since, all rows stay,
        and the rows of this fit are added below them.
        """
        filename, begun_at, written, columns, separator = state
        table = Table(columns, separator)
        number_of_rows = table.number_of_rows(written)
        self.csv_file.flush()
        content = Path(self.filename).read_bytes()
        is_known = bool(written) or filename == str(self.filename)
        if is_known and table.is_own(content, begun_at, written):
            self._begun_at = begun_at
            self._columns = columns
            os.truncate(self.filename, begun_at)
            self.csv_file.write(written)
            self.csv_file.flush()
            return
        if content:
            warn(
                f"{str(self.filename)!r} has other rows than this training run left "
                f"there. They stay, and the {number_of_rows} rows of this run are "
                "added below them."
            )
        self._begun_at = len(content)
        for row in table.rows(written):
            self.on_epoch_end(row.pop("epoch"), row)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Opens the file."""
        check_folder("CSVLogger", "filename", self.filename)
        mode = "a" if self.append else "w"
        with writing("CSVLogger", "filename", self.filename):
            if self.append:
                self._existing()
            self.csv_file = open(  # noqa: SIM115 - open until training ends
                self.filename, mode, newline="", encoding="utf-8"
            )
            self._begun_at = os.path.getsize(self.filename)
        self.writer = None
        self._columns = []

    def on_epoch_end(self, epoch: Any, logs: Logs = None) -> None:
        """Writes the epoch's row."""
        logs = logs or {}
        row = {name: _cell(value) for name, value in logs.items()}
        with writing("CSVLogger", "filename", self.filename):
            if self.writer is None:
                self._begin(logs)
            self.writer.writerow({"epoch": epoch, **row})
            self.csv_file.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        """Closes the file."""
        self.csv_file.close()
        self.writer = None

    def _begin(self, logs: dict[str, Any]) -> None:
        """Chooses the columns, and writes them unless the file has a header."""
        header, is_line_open = self._existing()
        self.append_header = header is None
        columns = ["epoch", *sorted(logs)]
        if header is not None:
            columns = self._columns_of(header, columns)
            if is_line_open:
                self.csv_file.write("\r\n")
        self._columns = columns
        self.keys = [column for column in columns if column != "epoch"]
        self.writer = csv.DictWriter(
            self.csv_file, columns, extrasaction="ignore", delimiter=self.sep
        )
        if self.append_header:
            self.writer.writeheader()

    def _existing(self) -> tuple[list[str] | None, bool]:
        """Returns the first row of the file, and whether its last line has no end.

        # Raises
            FileFormatError: if the file isn't a table.
        """
        if not os.path.isfile(self.filename):  # but, for example, /dev/stdout
            return None, False
        with open(self.filename, "rb") as file:
            line = file.readline(LONGEST_HEADER)
            if not line:
                return None, False
            file.seek(-1, os.SEEK_END)
            is_line_open = file.read() not in (b"\r", b"\n")
        try:
            header = next(csv.reader(line.decode().splitlines(), delimiter=self.sep))
        except (UnicodeDecodeError, csv.Error) as error:
            raise FileFormatError(
                f"CSVLogger can't append to {str(self.filename)!r}, which isn't a "
                f"table ({error}). Pass another filename, or append=False."
            ) from None
        return header, is_line_open

    def _columns_of(self, header: list[str], measured: list[str]) -> list[str]:
        """Returns the columns that a file has, or those measured if it has no names."""
        if "epoch" not in header:
            return measured
        left_out = [name for name in measured if name not in header]
        if left_out:
            warn(
                f"{str(self.filename)!r} has no column for "
                f"{', '.join(map(repr, left_out))}, so they are left out. It has "
                f"{', '.join(map(repr, header))}. Pass another filename to keep all."
            )
        return header


def _cell(value: Any) -> Any:
    """Returns what a cell holds: a number, or numbers in brackets."""
    if np.ndim(value) == 0:
        return value
    return f"[{', '.join(map(str, value))}]"
