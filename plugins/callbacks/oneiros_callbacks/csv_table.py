"""The rows of `CSVLogger` as text: which ones exist, and who wrote them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Table:
    """The format in which a fit writes its epochs.

    # Arguments
        columns: names of the columns, `epoch` among them.
        separator: str, one character that separates the values.
    """

    columns: list[str]
    separator: str

    def rows(self, text: str) -> list[dict[str, str]]:
        """Returns the rows of a text by column, without the header.

        # Raises
            ValueError: if the text isn't CSV.
        """
        lines = io.StringIO(text, newline="")
        try:
            rows = list(csv.reader(lines, delimiter=self.separator))
        except csv.Error as error:
            raise ValueError(str(error)) from error
        return [
            dict(zip(self.columns, row, strict=False))
            for row in rows
            if row and row != self.columns
        ]

    def is_own(self, content: bytes, begun_at: int, written: str) -> bool:
        """Returns whether a file has only rows of this training run after an offset.

        After the rows that the run had written when its state was saved, there may only
        be the epochs that follow; these are trained again.

        # Arguments
            content: the file's bytes.
            begun_at: int, the offset in bytes at which the run began to write.
            written: str, the text that it had written.
        """
        if not 0 <= begun_at <= len(content):
            return False
        text = content[begun_at:].decode(errors="replace")
        if written.startswith(text):
            return True
        return text.startswith(written) and self._goes_on(text, written)

    def _goes_on(self, text: str, written: str) -> bool:
        """Returns whether the rows after those written are of the epochs after theirs.

        After no row, one may stand: that of the epoch in which the training ended.
        """
        rows = self.rows(text)
        last = len(self.rows(written)) - 1
        if last < 0:
            return len(rows) <= 1
        try:
            epochs = [int(row["epoch"]) for row in rows[last:]]
        except (LookupError, ValueError):
            return False
        return all(later == earlier + 1 for earlier, later in pairwise(epochs))
