"""Unpacks untrusted tar archives: plain files with plain names, within a budget."""

from __future__ import annotations

import bz2
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self

from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files import gzip_data
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import is_refusal, open_counted
from oneiros_safe_files.meter import Meter
from oneiros_safe_files.unpacking import MemberPaths, new_folder, refused

_SMALL = 1 << 10
"""The largest content of a file that waits for others: an archive of too many small
files is refused before any is made."""
_WAITING = 10_000
_BZIP2 = b"BZh"
_RARE = "the member is a link, a device or a sparse file"
_BLOCK = 1 << 20
_DAMAGE = (
    tarfile.TarError,
    OSError,
    EOFError,
    RecursionError,  # many headers with long names, one after the other
    ValueError,
    zlib.error,
)
"""What `tarfile` raises for damaged archives."""
_LONGEST_HEADER = 1 << 16
"""Maximum size of a header with a member's long name or other properties."""
_HEADER_BYTES = 1 << 20
"""Maximum size of all such headers together, besides a byte for each
`_CONTENT_PER_HEADER_BYTE` of the members' content: reading a property takes about three
microseconds, and seven bytes are one."""
_CONTENT_PER_HEADER_BYTE = 4
_LONG_HEADERS = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)
"""Member types that `tarfile` treats as such headers and reads completely."""
_PROPERTIES = frozenset({tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE})
"""Those of them that hold properties."""
_SLOW = re.compile(rb"GNU\.sparse|\d{100}")
"""What takes `tarfile` more and more time: maps of sparse files, and long numbers."""
_LENGTH = re.compile(rb"(\d{1,8}) ")


def unpack_tar(path: Path, folder: Path, budget: Budget) -> Path:
    """Unpacks an archive, with or without gzip or bzip2, into `folder`, which must not
    exist; returns the folder."""
    with (
        open_counted(path, budget) as (file, meter),
        new_folder(folder) as draft,
        _damage(meter),
        _unfolded(file, meter) as stream,
    ):
        paths = MemberPaths(meter)
        waiting: list[tuple[Path, bytes | None]] = []
        roots = 0
        source: Any = _Metered(stream, meter)
        with tarfile.open(
            fileobj=source, mode="r|", tarinfo=_member_type(meter, paths)
        ) as archive:
            for member in archive:
                meter.spend_objects(member.name[:120])
                meter.spend_steps(len(member.pax_headers))
                _check(member, meter)
                if member.isdir() and member.name.rstrip("/") in ("", "."):
                    roots += 1
                    if roots > 1:
                        raise refused(meter, member.name, "the folder occurs twice")
                    continue
                name = member.name.removeprefix("./")
                content = member.size if member.isfile() else 0
                target = draft / paths.checked(name, content)
                if member.isdir():
                    waiting.append((target, None))
                elif member.size <= _SMALL:
                    waiting.append((target, _stream(archive, member).read()))
                else:
                    _write(_stream(archive, member), target)
                if len(waiting) == _WAITING:
                    _create(waiting)
        _create(waiting)
    return folder


class _Headers:
    """Reads an archive for `tarfile`, and checks headers with properties."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._stream: Any = None
        self._properties_size = 0

    def follow(self, archive: Any) -> None:
        """Reads for an archive from now on."""
        if archive.fileobj is not self:
            self._stream = archive.fileobj
            archive.fileobj = self

    def expect_properties(self, size: int) -> None:
        """Checks what is read next."""
        self._properties_size = size

    def read(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)
        if self._properties_size:
            self._check(data[: self._properties_size])
            self._properties_size = 0
        return data

    def seek(self, position: int) -> None:
        self._stream.seek(position)

    def tell(self) -> int:
        return int(self._stream.tell())

    def close(self) -> None:
        self._stream.close()

    def _check(self, data: bytes) -> None:
        if _SLOW.search(data):
            reason = "a header describes a sparse file, or has a number of 100 digits"
            raise refused(self._meter, "/", reason)
        start = 0
        while start < len(data):
            match = _LENGTH.match(data, start)
            end = start + int(match[1]) if match else start
            record = data[start:end]
            is_whole = end <= len(data) and record.endswith(b"\n")
            if not is_whole or b"=" not in record:
                raise FileFormatError(
                    f"{self._meter.path} is damaged: a header's property "
                    f"{record!r:.80} isn't one. Restore it from a copy."
                )
            start = end


def _member_type(meter: Meter, paths: MemberPaths) -> type[tarfile.TarInfo]:
    """Returns a class of members that refuses long headers, and many, before reading
    them.

    It checks when `tarfile` sets a member's place, after its type and size, because the
    methods that do so differ between Python versions.
    """
    read_bytes = 0
    headers = _Headers(meter)

    class Member(tarfile.TarInfo):
        @classmethod
        def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
            headers.follow(archive)
            return super().fromtarfile(archive)

        @property
        def offset(self) -> int:
            return self._offset

        @offset.setter
        def offset(self, value: int) -> None:
            nonlocal read_bytes
            self._offset = value
            if self.type == tarfile.GNUTYPE_SPARSE:
                raise refused(meter, self.name, _RARE)
            if self.type not in _LONG_HEADERS:
                return
            if self.size > _LONGEST_HEADER:
                raise refused(meter, self.name, f"a header has {self.size:,} bytes")
            if self.type in _PROPERTIES:
                headers.expect_properties(self.size)
            read_bytes += max(0, self.size)
            allowed = _HEADER_BYTES + paths.content // _CONTENT_PER_HEADER_BYTE
            if read_bytes > allowed:
                raise refused(
                    meter,
                    self.name,
                    f"headers with names and properties have {read_bytes:,} bytes. The "
                    f"limit is {allowed:,}, a fourth of the content and "
                    f"{_HEADER_BYTES:,}",
                )

    return Member


def _check(member: tarfile.TarInfo, meter: Meter) -> None:
    if not (member.isfile() or member.isdir()) or member.issparse():
        raise refused(meter, member.name, _RARE)


def _stream(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    """Returns what reads a file's content."""
    return archive.extractfile(member)


def _create(waiting: list[tuple[Path, bytes | None]]) -> None:
    """Makes folders and small files, and empties the list."""
    for target, content in waiting:
        if content is None:
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    waiting.clear()


def _write(source: Any, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        while block := source.read(_BLOCK):
            file.write(block)


class _Metered:
    """Counts an archive's unpacked size while it is read."""

    def __init__(self, stream: Any, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def read(self, size: int) -> bytes:
        data: bytes = self._stream.read(min(size, _BLOCK))
        self._meter.spend_array("/", len(data))
        return data


@contextmanager
def _unfolded(file: BinaryIO, meter: Meter) -> Iterator[Any]:
    is_bzip2 = file.read(len(_BZIP2)) == _BZIP2
    file.seek(0)
    if not is_bzip2:
        yield gzip_data.unfolded(file, meter)
        return
    with bz2.open(file) as unfolded:
        yield unfolded


@contextmanager
def _damage(meter: Meter) -> Iterator[None]:
    try:
        yield
    except OneirosError:
        raise
    except _DAMAGE as error:
        if is_refusal(error):
            raise
        raise FileFormatError(
            f"{meter.path} is damaged or truncated, or isn't a tar archive ({error}). "
            "Restore it from a copy."
        ) from error
