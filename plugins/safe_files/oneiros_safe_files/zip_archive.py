"""Reads untrusted zip archives: plain files with plain names, within a budget."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import is_refusal, open_counted
from oneiros_safe_files.meter import Meter
from oneiros_safe_files.unpacking import MemberPaths, check_number, new_folder, refused

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_END = struct.Struct("<4s4H2LH")
_END_MAGIC = b"PK\x05\x06"
_ENTRY_MAGIC = b"PK\x01\x02"
_LARGE_MAGIC = b"PK\x06\x07"
_LONGEST_COMMENT = 0xFFFF
_LOCATOR_BYTES = 20
_HEADER_BYTES = 30
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_DIRECTORY_BYTES = 4_096
_LONGEST_ENTRY = 512
"""How many bytes members may have in the list in the mean, besides `_DIRECTORY_BYTES`
for all: `zipfile` needs time that grows with the square of what is added to an entry.
"""
_BLOCK = 1 << 20


@contextmanager
def open_zip(path: Path, budget: Budget) -> Iterator[ZipArchive]:
    """Opens the zip archive at `path`, and checks all members before reading any."""
    with open_counted(path, budget) as (file, meter), _damage(meter):
        _check_directory(file, meter)
        with zipfile.ZipFile(file) as archive:
            yield ZipArchive(archive, meter)


def unpack_zip(path: Path, folder: Path, budget: Budget) -> Path:
    """Unpacks an archive into `folder`, which must not exist; returns the folder."""
    with open_zip(path, budget) as archive, new_folder(folder) as draft:
        for name, is_folder in archive.members.items():
            target = draft / name
            if is_folder:
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                for block in archive.blocks(name):
                    file.write(block)
    return folder


class ZipArchive:
    """An archive with checked and counted members.

    # Properties
        members: dict from member name to whether it is a folder.
    """

    def __init__(self, archive: zipfile.ZipFile, meter: Meter) -> None:
        self._archive = archive
        self.meter = meter
        infos = archive.infolist()
        paths = MemberPaths(meter)
        self._infos = {
            paths.checked(info.filename, info.compress_size): info for info in infos
        }
        self.members = {name: info.is_dir() for name, info in self._infos.items()}
        for info in infos:
            self._check(info)
        self._check_places(infos)

    def _check(self, info: zipfile.ZipInfo) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise refused(self.meter, info.filename, "the member is a link or a device")
        if info.flag_bits & 0x1 or info.compress_type not in _METHODS:
            raise refused(
                self.meter,
                info.filename,
                "the member is encrypted or uses a rare compression",
            )
        if info.orig_filename != info.filename:
            raise refused(
                self.meter, info.filename, "the member's name contains a null character"
            )
        self.meter.spend_array(info.filename[:120], info.file_size)

    def _check_places(self, infos: list[zipfile.ZipInfo]) -> None:
        end = 0
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < end:
                raise refused(
                    self.meter,
                    info.filename,
                    "the member shares its bytes with another one",
                )
            header_size = _HEADER_BYTES + len(info.orig_filename)
            end = info.header_offset + header_size + info.compress_size

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """Opens a member; yields it, and the number of bytes that it should have."""
        info = self._infos[name]
        with self._archive.open(info) as member:
            yield member, info.file_size

    def blocks(self, name: str) -> Iterator[bytes]:
        """Yields a member's bytes in blocks."""
        with self.open(name) as (member, missing_bytes):
            while block := member.read(_BLOCK):
                missing_bytes -= len(block)
                yield block
        if missing_bytes:
            raise FileFormatError(f"{self.meter.path} is damaged: '{name}' ends early.")

    def read_text(self, name: str) -> bytes:
        """Returns the bytes of a member that is a text, and counts them before."""
        self.meter.spend_text(name[:120], self._infos[name].file_size)
        return self.read(name)

    def read(self, name: str) -> bytes:
        """Returns a member's bytes."""
        data = io.BytesIO()
        for block in self.blocks(name):
            data.write(block)
        return data.getvalue()


def _check_directory(file: BinaryIO, meter: Meter) -> None:
    """Limits the list of members before `zipfile` creates objects from it."""
    tail_bytes = min(meter.size, _END.size + _LONGEST_COMMENT + _LOCATOR_BYTES)
    file.seek(meter.size - tail_bytes)
    tail = file.read(tail_bytes)
    start = tail.rfind(_END_MAGIC)
    if start < 0 or start + _END.size > len(tail):
        raise FileFormatError(
            f"{meter.path} is damaged or truncated, or isn't a zip archive: it has no "
            "end record."
        )
    if _LARGE_MAGIC in tail[max(0, start - _LOCATOR_BYTES) : start]:
        raise meter.refuse(
            "/",
            "the archive uses the variant for very many or large members",
            "Repack it.",
        )
    size = _END.unpack_from(tail, start)[5]
    file.seek(max(0, meter.size - tail_bytes + start - size))
    number = file.read(min(size, meter.size)).count(_ENTRY_MAGIC)
    meter.spend_objects("/", number)
    check_number(meter, "/", number)
    if size > _DIRECTORY_BYTES + number * _LONGEST_ENTRY:
        raise refused(
            meter, "/", f"the list of its {number:,} members has {size:,} bytes"
        )


@contextmanager
def _damage(meter: Meter) -> Iterator[None]:
    try:
        yield
    except OneirosError:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        ValueError,
        LookupError,
        struct.error,
        NotImplementedError,
        RuntimeError,
    ) as error:
        if is_refusal(error):
            raise
        raise FileFormatError(
            f"{meter.path} is damaged or truncated, or isn't a zip archive ({error}). "
            "Restore it from a copy."
        ) from error
