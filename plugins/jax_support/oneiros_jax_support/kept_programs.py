"""Programs that XLA has compiled, kept in a folder for later processes.

Without them, the first batch of case d of `benchmarks/compare.py` takes 3.1 times the
processor's time in a new process that has imported everything, 2.3 by the clock
(`benchmarks/mechanisms.py kept_programs`).

A kept program is machine code, so whoever can write to the folder can make this process
run theirs: it is refused unless only its owner can write to it, and to each folder
above it. JAX names a program by its text, the options of the compiler and the versions;
here the processor and its number of cores are added, since XLA compiles for them.
Functions of Python aren't kept, and machine code outside the program is called by name,
so no kept program contains an address of the process that compiled it.
"""

import functools
import hashlib
import os
import platform
import stat
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jax._src import compilation_cache
from oneiros import settings
from oneiros.errors import SettingsError
from oneiros.user_warnings import warn

from oneiros_jax_support.devices import core_count
from oneiros_jax_support.jax_import import jax

SWITCH = "ONEIROS_KEEP_PROGRAMS"
MOST_BYTES = 2**28
"""How much a folder keeps; what was used last stays."""
DIGEST = hashlib.sha256
DIGEST_BYTES = DIGEST().digest_size


class KeptPrograms:
    """What JAX asks for a program, and gives a new one.

    # Arguments
        folder: an existing folder.
    """

    def __init__(self, folder: Path):
        self._path = folder
        self._machine = _machine()
        self._given: set[str] = set()

    def get(self, key: str) -> bytes | None:
        """Returns a program; None if there is none, or its file is damaged."""
        file = self._file(key)
        try:
            content = file.read_bytes()
            os.utime(file)
        except OSError:
            return None
        digest = content[:DIGEST_BYTES]
        program = content[DIGEST_BYTES:]
        if DIGEST(program).digest() != digest:
            return None
        self._given.add(key)
        return program

    def put(self, key: str, program: bytes) -> None:
        """Keeps a program; if the disk fails, none.

        XLA rejects some programs on some processors, and JAX then compiles and puts
        them again. An empty file keeps these from being tried each time.
        """
        file = self._file(key)
        content = DIGEST(program).digest() + program
        if key in self._given:
            content = b""
        with suppress(OSError):
            if file.exists() and not file.stat().st_size:
                return
            _write(file, content)

    def _file(self, key: str) -> Path:
        name = f"{self._machine} {key}"
        return self._path / DIGEST(name.encode()).hexdigest()


@functools.cache
def keep_programs() -> None:
    """Lets JAX keep the programs that it compiles from now on in this process, in
    `$ONEIROS_HOME/programs`.

    A folder that you have given JAX itself (`jax_compilation_cache_dir`) stays in use
    instead. ONEIROS_KEEP_PROGRAMS=0 in the environment switches it off, and so does
    `keep_programs = false` in the table `[plugin.oneiros-jax-support]` of the settings.
    """
    if not _is_wanted():
        return
    folder = _private_folder()
    if folder is None:
        return
    _forget_oldest(folder)
    warnings.filterwarnings("ignore", "Error reading persistent compilation cache")
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    compilation_cache._cache = KeptPrograms(folder)
    compilation_cache._cache_initialized = True


def _is_wanted() -> bool:
    name = "oneiros-jax-support"
    wanted = settings.of_plugin(name).get("keep_programs", True)
    if not isinstance(wanted, bool):
        raise SettingsError(
            f"keep_programs in [plugin.{name}] must be true or false, not {wanted!r}."
        )
    if not wanted or os.environ.get(SWITCH) == "0":
        return False
    if os.name != "posix" or jax.process_count() > 1:
        return False
    is_known_jax = hasattr(compilation_cache, "_cache_initialized")
    return is_known_jax and jax.config.jax_compilation_cache_dir is None


def _private_folder() -> Path | None:
    """Returns the folder; None if it can't be made, or others could change it."""
    home = settings.path().parent
    folder = home / "programs"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        folder = folder.resolve()
        faults = list(_faults(folder))
    except OSError:
        return None
    if not faults:
        return folder
    warn(
        f"Compiled programs aren't kept in {folder}: {faults[0]}, so somebody else "
        "could put programs there that this process would run. The first batch takes "
        "longer without them. Let ONEIROS_HOME name a folder to which only you can "
        f"write, or set {SWITCH}=0."
    )
    return None


def _faults(folder: Path) -> Iterator[str]:
    """Yields what lets others write to a folder, or replace it."""
    for path in (folder, *folder.parents):
        status = path.stat()
        if status.st_uid not in (os.getuid(), 0):
            yield f"{path} belongs to somebody else"
        open_to_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        keeps_names = status.st_mode & stat.S_ISVTX and path != folder
        if open_to_others and not keeps_names:
            yield f"others may write to {path}"


def _write(file: Path, content: bytes) -> None:
    """Writes a file of which others always see the whole content."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
        os.replace(draft, file)
    except BaseException:
        os.unlink(draft)
        raise


def _forget_oldest(folder: Path) -> None:
    """Removes what wasn't used for the longest time, if there is too much."""
    statuses = []
    for file in folder.iterdir():
        with suppress(OSError):
            statuses.append((file.stat(), file))
    statuses.sort(key=lambda pair: pair[0].st_mtime, reverse=True)
    total = 0
    for status, file in statuses:
        total += status.st_size
        if total > MOST_BYTES:
            file.unlink(missing_ok=True)


def _machine() -> str:
    """Returns what XLA compiles for: the processor's abilities, and how many cores this
    process may use."""
    abilities = platform.node()
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        found = [line for line in lines if line.startswith(("flags", "Features"))]
        abilities = " ".join(found[:1]) or abilities
    limits = [os.environ.get(name) for name in ("NPROC", "PJRT_NPROC")]
    return f"{platform.machine()} {abilities} {core_count()} {limits}"
