"""The rows of `CSVLogger` as text: which ones exist, and who wrote them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

MOST_ROWS = 300_000
"""How many rows a training run may have, to be continued."""


@dataclass(frozen=True)
class Table:
    """The format in which a fit writes its epochs.

    # Arguments
        columns: names of the columns, `epoch` among them.
        separator: str, one character that separates the values.
    """

    columns: list[str]
    separator: str

    def rows(self, text: str) -> Iterator[dict[str, str]]:
        """Yields the rows of a text by column, without the header.

        # Raises
            ValueError: if the text isn't CSV, or has very many rows.
        """
        lines = io.StringIO(text, newline="")
        try:
            for number, row in enumerate(csv.reader(lines, delimiter=self.separator)):
                if number > MOST_ROWS:
                    raise ValueError(f"it has more than {MOST_ROWS:,} rows")
                if row and row != self.columns:
                    yield dict(zip(self.columns, row, strict=False))
        except csv.Error as error:
            raise ValueError(str(error)) from error

    def number_of_rows(self, text: str) -> int:
        """Returns the number of rows of a text, without the header."""
        return sum(1 for _ in self.rows(text))

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
        last = self.number_of_rows(written) - 1
        if last < 0:
            return self.number_of_rows(text) <= 1
        try:
            epochs = [int(row["epoch"]) for row in islice(self.rows(text), last, None)]
        except (LookupError, ValueError):
            return False
        return all(later == earlier + 1 for earlier, later in pairwise(epochs))
