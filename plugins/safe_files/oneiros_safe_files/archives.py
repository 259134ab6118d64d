"""Reads and unpacks untrusted archives, zip and tar: plain files with plain names;
reads files of gzip, bzip2 and xz, and counts what comes out.

What is unpacked appears only when everything succeeded.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from oneiros.errors import ArgumentError, FileFormatError, UnsafeFileError

from oneiros_safe_files import names
from oneiros_safe_files.atomic_files import temporary_folder
from oneiros_safe_files.budget import Budget, Quota, check_time
from oneiros_safe_files.file_access import open_counted, saving, undamaged

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
PATHS_WITHOUT_SIZE = 1_000
"""How many members any archive may have."""
BYTES_PER_PATH = 128
"""The bytes that an archive needs for each further one: creating a file takes 0.1 to
0.2 ms, and a small archive could ask for very many."""
_NUMBER = 4
_LENGTH = 5
"""Where the record of the list of members has their number, and the list's length."""
LARGEST_PROPERTIES = 1 << 16
"""The bytes of a tar member's properties, such as a long name."""
LARGEST_COMMON_PROPERTIES = 1 << 12
"""The bytes of the properties of all members, each of which gets a copy."""
_LONGEST_ENTRY = 512
_MOST_MEMBERS = 1_000_000
"""How many files and folders are unpacked at most."""
_MOST_UNFOLDED = 100
"""The largest ratio of the unpacked to the packed size."""
_ALWAYS_UNFOLDED = 64 << 20
"""The unpacked size in bytes that is always allowed."""
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_BLOCK = 1 << 20
_EXPECTED = "an archive"
_OPENERS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}


@contextmanager
def open_zip(path: Path, budget: Budget) -> Iterator[ZipArchive]:
    """Opens the zip archive at `path`, and checks all members before reading any."""
    with open_counted(path, budget) as (file, quota), undamaged(path, _EXPECTED):
        _check_directory(file, quota)
        with zipfile.ZipFile(file) as archive:
            yield ZipArchive(archive, quota)


class ZipArchive:
    """An archive with checked and counted members.

    # Properties
        members: dict from member name to whether it is a folder.
    """

    def __init__(self, archive: zipfile.ZipFile, quota: Quota):
        self._archive = archive
        self.quota = quota
        paths = MemberPaths(quota)
        infos = archive.infolist()
        self._infos = {
            paths.checked(info.filename, info.filename.endswith("/")): info
            for info in infos
        }
        self.members = {name: info.is_dir() for name, info in self._infos.items()}
        for info in infos:
            self._check(info)
        packed = sum(info.compress_size for info in infos)
        places = {info.header_offset for info in infos}
        if packed > quota.size or len(places) < len(infos):
            raise refused(quota, "/", "members share their bytes")

    def _check(self, info: zipfile.ZipInfo) -> None:
        kind = stat.S_IFMT(info.external_attr >> 16)
        reason = None
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            reason = "the member is a link or a device"
        if info.flag_bits & 0x1 or info.compress_type not in _METHODS:
            reason = "the member is encrypted or uses a rare compression"
        if info.orig_filename != info.filename:
            reason = "the member's name contains a null character"
        if reason is not None:
            raise refused(self.quota, info.filename, reason)
        self.quota.where = info.filename
        self.quota.spend_array(info.file_size)

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """Opens a member; yields it, and the number of bytes that it should have."""
        info = self._infos[name]
        with self._archive.open(info) as member:
            yield member, info.file_size

    def read(self, name: str) -> bytes:
        """Returns a member's bytes."""
        data = io.BytesIO()
        with self.open(name) as (member, size):
            _copy(member, data, size, f"{self.quota.path} is damaged: '{name}'")
        return data.getvalue()

    def read_text(self, name: str) -> bytes:
        """Returns the bytes of a member that is a text, and counts them before."""
        self.quota.where = name
        self.quota.spend_text(self._infos[name].file_size)
        return self.read(name)


def unpack_zip(path: Path, folder: Path, budget: Budget | None = None) -> Path:
    """Unpacks an archive into `folder`, which must not exist; returns the folder.

    # Raises
        UnsafeFileError: if a member is a link or leads out of the folder, or it exceeds
            the budget: by default the free disk space, and 100 times its own size.
        FileFormatError: if it is damaged.
    """
    limits = budget or _limits_on_disk(path)
    with open_zip(path, limits) as archive, _new_folder(folder) as draft:
        for name, is_folder in archive.members.items():
            with archive.open(name) as (member, size):
                content = None if is_folder else member
                _write(content, draft / name, size, archive.quota)
    return folder


def unpack_tar(path: Path, folder: Path, budget: Budget | None = None) -> Path:
    """Like `unpack_zip`, for an archive with or without compression."""
    limits = budget or _limits_on_disk(path)
    with (
        open_counted(path, limits) as (file, quota),
        _new_folder(folder) as draft,
        undamaged(path, _EXPECTED),
    ):
        paths = MemberPaths(quota)
        stream: Any = decompressed(file, quota)
        header = _header_class(quota)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=header) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]
                is_plain = member.isfile() or member.isdir()
                if not is_plain or member.issparse():
                    reason = "the member is a link, a device or a sparse file"
                    raise refused(quota, member.name, reason)
                name = member.name.removeprefix("./")
                if member.isdir() and name in ("", "."):
                    continue
                target = draft / paths.checked(name, member.isdir())
                _write(archive.extractfile(member), target, member.size, quota)
    return folder


def _limits_on_disk(archive: Path) -> Budget:
    size = archive.stat().st_size
    free = shutil.disk_usage(archive.parent).free
    excess = max(_MOST_UNFOLDED * size, _ALWAYS_UNFOLDED)
    return Budget(array_bytes=free, excess_bytes=excess, steps=_MOST_MEMBERS)


def _header_class(quota: Quota) -> type[tarfile.TarInfo]:
    """Returns the class of a tar archive's headers, which refuses large properties:
    `tarfile` reads them whole."""

    class Header(tarfile.TarInfo):
        def _proc_member(self, archive: tarfile.TarFile):
            is_common = self.type == tarfile.XGLTYPE
            largest = LARGEST_COMMON_PROPERTIES if is_common else LARGEST_PROPERTIES
            if not self.isreg() and not self.isdir() and self.size > largest:
                reason = f"its properties have {self.size:,} bytes, of {largest:,}"
                raise refused(quota, self.name, reason)
            return super()._proc_member(archive)  # type: ignore[misc]

    return Header


class MemberPaths:
    """The paths in an archive, each checked and counted.

    # Arguments
        quota: `Quota` of the archive.
    """

    def __init__(self, quota: Quota):
        self._quota = quota
        self._members: set[str] = set()
        self._are_folders: dict[str, bool] = {}

    def checked(self, name: str, is_folder: bool) -> str:
        """Returns the relative path of a member.

        # Raises
            UnsafeFileError: if it isn't safe, occurs twice, ignoring case like some
                file systems, is a file with members inside, or there are more paths
                than the archive's size allows.
        """
        path = name.removesuffix("/")
        reason = names.problem(path) or self._conflict(path.casefold(), is_folder)
        if reason is not None:
            raise refused(self._quota, name, f"the member's name {name!r:.80} {reason}")
        check_number(self._quota, name, len(self._are_folders))
        return path

    def _conflict(self, path: str, is_folder: bool) -> str | None:
        """Says why a path can't be beside the others; adds it."""
        if path in self._members:
            return "occurs twice"
        self._members.add(path)
        *around, _ = PurePosixPath(path).parents
        kinds = {path: is_folder, **dict.fromkeys(map(str, around), True)}
        for place, kind in kinds.items():
            if self._are_folders.setdefault(place, kind) != kind:
                return "is a file's, which would be a folder, too"
        return None


def check_number(quota: Quota, where: str, number: int) -> None:
    """Refuses more members and folders than an archive's size allows.

    # Arguments
        quota: `Quota` of the archive.
        where: str, the place in it.
        number: int, the number of files and folders.
    """
    quota.spend_steps()
    allowed = PATHS_WITHOUT_SIZE + quota.size // BYTES_PER_PATH
    if number > allowed:
        raise refused(
            quota,
            where,
            f"it has more than {allowed:,} files and folders, at less than "
            f"{BYTES_PER_PATH} bytes for each",
        )


def refused(quota: Quota, where: str, reason: str) -> UnsafeFileError:
    """Returns the error for a refused member."""
    instead = "If you trust it, unpack it by hand and check the result."
    quota.where = where if where.isprintable() else ascii(where[:120])
    return quota.refuse(reason, instead)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Yields an empty folder that becomes `folder` at the end, or is deleted after an
    error.

    # Raises
        ArgumentError: if `folder` exists.
        FileAccessError: if the disk is full, or writing isn't permitted.
    """
    if os.path.lexists(folder):
        raise ArgumentError(
            f"{folder} exists; archives are unpacked into a new folder. Choose another "
            "name."
        )
    with saving(folder), temporary_folder(folder.parent) as beside:
        draft = beside / folder.name
        draft.mkdir()
        yield draft
        os.rename(draft, folder)


def _write(member, target: Path, size: int, quota: Quota) -> None:
    """Writes a member's bytes; makes a folder for one that has none."""
    if member is None:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        _copy(member, file, size, f"{quota.path} is damaged: '{target.name}'")


def _copy(member: IO[bytes], target: IO[bytes], size: int, damage: str) -> None:
    """Copies a member, which should have `size` bytes."""
    shutil.copyfileobj(member, target, _BLOCK)
    if target.tell() != size:
        raise FileFormatError(f"{damage} ends early.")


def _check_directory(file: BinaryIO, quota: Quota) -> None:
    """Limits the list of members before `zipfile` creates objects from it, by the same
    record of the list that it goes by."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end is None:
        raise FileFormatError(
            f"{quota.path} is damaged or truncated, or isn't a zip archive: it has no "
            "end record."
        )
    check_number(quota, "/", max(end[_NUMBER], end[_LENGTH] // _LONGEST_ENTRY))


def decompressed(file: BinaryIO, quota: Quota) -> DecompressedFile:
    """Returns the contents of an open file, decompressed if needed, to read from."""
    head = file.read(6)
    file.seek(0)
    for magic, opened in _OPENERS.items():
        if head.startswith(magic):
            return DecompressedFile(opened(file), quota)
    return DecompressedFile(file, quota)


class DecompressedFile:
    """A file whose bytes count against a budget when they are read."""

    def __init__(self, stream, quota: Quota):
        self._stream = stream
        self._quota = quota

    def read(self, size: int) -> bytes:
        """Returns the next bytes, at most a mebibyte; none at the end."""
        check_time()
        data: bytes = self._stream.read(min(size, _BLOCK))
        self._quota.spend_array(len(data))
        return data
