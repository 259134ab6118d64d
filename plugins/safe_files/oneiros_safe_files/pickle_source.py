"""The bytes of a pickle, read once from front to back: numbers, texts and lines."""

from __future__ import annotations

import codecs
import io
import re
import struct
from collections.abc import Iterator
from typing import Any

from oneiros_safe_files.meter import Meter

_WINDOW = 1 << 14
_PART = 1 << 16
_LONGEST_ESCAPE = 4
_ESCAPE = b"\\"
_WIDE = {
    "utf-8": re.compile(rb"[\xc4-\xff]"),
    "raw-unicode-escape": re.compile(rb"\\[uU]"),
}
"""What begins a character that takes more than one byte: all others in its text then
take as many, up to four."""
_WIDTH = 4


class PickleSource:
    """The bytes of a pickle.

    # Arguments
        file: the open file.
        meter: Meter, which counts texts and lines before they take memory.
        encoding: str, the encoding of texts from Python 2, or `"bytes"`.
    """

    def __init__(self, file: Any, meter: Meter, encoding: str) -> None:
        self._file = io.BufferedReader(file, _WINDOW)
        self._meter = meter
        self._encoding = encoding
        self._position = 0

    @property
    def where(self) -> str:
        """The place of the next byte, for messages."""
        return f"byte {self._position}"

    def spend(self, nbytes: int) -> None:
        """Counts memory for what the pickle makes."""
        self._meter.spend_array(self.where, nbytes)

    def ahead(self) -> bytes:
        """Returns some of the next bytes, which are still to be read."""
        return self._file.peek()

    def read(self, size: int) -> bytes:
        """Returns the next bytes."""
        data = self._file.read(size)
        self._position += len(data)
        if len(data) < size:
            raise EOFError("it ends early")
        return data

    def number(self, form: str) -> Any:
        """Returns a number in a format of `struct`."""
        return struct.unpack(form, self.read(struct.calcsize(form)))[0]

    def data(self, form_of_size: str) -> bytes:
        """Returns bytes behind their number."""
        size = self.number(form_of_size)
        self.spend(size)
        return self.read(size)

    def text(self, form_of_size: str) -> str:
        """Returns a text in UTF-8 behind the number of its bytes."""
        data = self.data(form_of_size)
        return self._decoded(data, "utf-8", "surrogatepass")

    def python_2_text(self, form_of_size: str) -> bytes | str:
        """Returns a text from Python 2 behind the number of its bytes."""
        return self._of_python_2(self.data(form_of_size))

    def line(self) -> bytes:
        """Returns the rest of a line."""
        return b"".join(self._counted(self._parts_of_line()))

    def line_of_text(self) -> str:
        """Returns a text in a line."""
        return self._decoded(self.line(), "raw-unicode-escape")

    def line_of_python_2(self) -> bytes | str:
        """Returns a text in quotes in a line.

        It is decoded in parts, because it takes a fourth of the line.
        """
        quote = self.read(1)
        if quote not in (b"'", b'"'):
            raise ValueError("a text has no quotes")
        decoded = io.BytesIO()
        rest = b""
        for part in self._parts_of_line():
            rest += part
            end = _end_of_escapes(rest[:-1])
            self._decode_escapes(rest[:end], decoded)
            rest = rest[end:]
        if not rest.endswith(quote):
            raise ValueError("a text has no quotes at its end")
        self._decode_escapes(rest[:-1], decoded)
        return self._of_python_2(decoded.getvalue())

    def is_at_end(self) -> bool:
        """Returns whether there are no more bytes."""
        return not self._file.read(1)

    def leave(self) -> None:
        """Leaves the file open when the source is no longer used."""
        self._file.detach()

    def _parts_of_line(self) -> Iterator[bytes]:
        """Yields a line in parts of 64 KiB, without its end."""
        part = b""
        while not part.endswith(b"\n"):
            part = self._file.readline(_PART)
            self._position += len(part)
            if not part:
                raise EOFError("it ends early")
            yield part.removesuffix(b"\n")

    def _counted(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            self.spend(len(part))
            yield part

    def _decode_escapes(self, data: bytes, target: io.BytesIO) -> None:
        decoded, _ = codecs.escape_decode(data)
        self.spend(len(decoded))
        target.write(decoded)

    def _of_python_2(self, data: bytes) -> bytes | str:
        if self._encoding == "bytes":
            return data
        return self._decoded(data, self._encoding)

    def _decoded(self, data: bytes, encoding: str, errors: str = "strict") -> str:
        if encoding in _WIDE and _WIDE[encoding].search(data):
            self.spend(len(data) * _WIDTH)
        return data.decode(encoding, errors)


def _end_of_escapes(data: bytes) -> int:
    """Returns the length of the part before an escape that may go on after it."""
    end = data.find(_ESCAPE, max(0, len(data) - _LONGEST_ESCAPE + 1))
    if end < 0:
        return len(data)
    before = end - len(data[:end].rstrip(_ESCAPE))
    return end - before % 2
