"""Model files on disk: selects the installed format that reads or writes a file;
writing leaves either the old file or the new one.

If a format doesn't work, the failure is recorded for its plugin (`oneiros plugins`
shows it), and the other formats are tried.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oneiros import plugins, registry
from oneiros.errors import (
    ArgumentError,
    ConfigError,
    FileFormatError,
    FileMissingError,
    NameConflictError,
    OneirosError,
    PluginLoadError,
    UnsafeFileError,
)
from oneiros.user_warnings import warn
from oneiros_safe_files import file_access
from oneiros_safe_files.atomic_files import replacing
from oneiros_safe_files.budget import Budget, checked
from oneiros_safe_files.config_extent import check_extent
from oneiros_safe_files.model_state import Format, ModelState
from oneiros_training.parts import whole

from oneiros_saving.provenance import provenance

PathLike = str | os.PathLike[str]
YAML_SUFFIXES = (".yaml", ".yml")
TEXTS = (".json", *YAML_SUFFIXES)
"""Suffixes of configurations, which hold no weights."""
SUFFIXES_OF_OTHERS = {
    ".joblib": "joblib",
    ".keras": "Keras 3",
    ".npy": "NumPy",
    ".npz": "NumPy",
    ".onnx": "ONNX",
    ".pb": "TensorFlow",
    ".pickle": "pickle",
    ".pkl": "pickle",
    ".pt": "PyTorch",
    ".pth": "PyTorch",
    ".tflite": "TensorFlow Lite",
}
"""Suffixes of formats that Oneiros doesn't write, and their owners."""
OF_LATER = {"class_name", "input_layers"}
"""Keys of configurations of Keras 1 and later, each of which Keras 0.x lacks."""
HEAD_BYTES = 512
"""The number of bytes by which a format recognises a file."""


def path_of(filepath: PathLike) -> Path:
    """Returns a path, or raises ArgumentError if it isn't one."""
    is_empty = isinstance(filepath, str) and not filepath
    path = None if is_empty else filepath
    return Path(file_access.text_of_path("filepath", path))


def resolved(filepath: PathLike) -> Path:
    """Returns the path of a file that may not exist yet, with links followed.

    # Raises
        ArgumentError: if it isn't a path, or the system can have no file there.
    """
    path = path_of(filepath)
    try:
        real_path = Path(os.path.realpath(path))
        with suppress(FileNotFoundError, NotADirectoryError):
            real_path.stat()
    except OSError as error:
        raise ArgumentError(
            f"Can't save to {path!s:.300}: {error.strerror}. Choose another path."
        ) from error
    return real_path


def existing(filepath: PathLike) -> Path:
    """Returns the path of an existing file, or raises FileMissingError."""
    path = path_of(filepath)
    if os.path.isfile(path):
        return path
    if os.path.exists(path) and file_access.is_there(path):
        raise FileMissingError(
            f"{path!s:.300} is a folder. Pass the path of a model file."
        )
    raise FileMissingError(
        f"There is no file at {path!s:.300} (in {Path.cwd()}). Pass the path of a "
        "model file; only local files are opened."
    )


def read(filepath: PathLike, budget: Budget | None = None) -> tuple[Format, ModelState]:
    """Returns the format that recognises a file by its first bytes, and the
    contents."""
    path = existing(filepath)
    form = _recognised(path)
    with file_access.loading(path), naming(path), _blaming(form, path):
        state = form.read(path, checked(budget))
    check_extent(state, budget, path)
    return form, state


def check_generation(config, source: object) -> None:
    """Raises FileFormatError for a configuration of Keras 0.x."""
    if not isinstance(config, dict) or OF_LATER & config.keys():
        return
    if "name" in config and {"layers", "node_config"} & config.keys():
        raise FileFormatError(
            f"{source} is of Keras 0.x, whose layers have other names and arguments. "
            "Build the model with the layers that the text lists, in their order, and "
            "load its weights: model.load_weights(path)."
        )


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Context manager in which a refusal of a text names the file that has it."""
    try:
        yield
    except (ConfigError, UnsafeFileError) as error:
        if str(path) in str(error):
            raise
        raise type(error)(f"{path}: {error}") from error


def read_head(path: Path) -> bytes:
    """Returns a file's first bytes.

    # Raises
        FileAccessError: if the system doesn't let it be read.
    """
    with file_access.loading(path), file_access.open_regular(path) as file:
        return file.read(HEAD_BYTES)


def recognising(head: bytes) -> tuple[Format | None, list[str]]:
    """Returns the format that recognises a file by its first bytes, if one does, and a
    sentence for each format that doesn't work."""
    faults: list[str] = []
    for name in _names():
        try:
            candidate: Format = registry.resolve("format", name)()
            if candidate.recognises(head):
                return candidate, faults
        except MemoryError:
            raise  # isn't the plugin's fault
        except Exception as error:
            faults.append(_fault(name, error))
    return None, faults


def _recognised(path: Path) -> Format:
    head = read_head(path)
    form, faults = recognising(head)
    if form is not None:
        return form
    if not registry.names("format"):
        hdf5()  # raises the error that says what to install
    sentences = [
        f"{path} isn't a model file: it begins with {head[:16]!r}.",
        f"Installed formats: {', '.join(registry.names('format'))}.",
        *faults,
    ]
    if path.suffix in TEXTS or head.lstrip().startswith((b"{", b'"')):
        sentences.append(
            "For the text of a configuration, use model_from_json or model_from_yaml."
        )
    raise FileFormatError(" ".join(sentences))


def _fault(name: str, error: Exception) -> str:
    """Returns a sentence about a format that doesn't work, and records the error as its
    plugin's."""
    entry = None
    with suppress(NameConflictError):
        entry = registry.find("format", name)
    owner = f" of {entry.distribution}" if entry else ""
    record = plugins.manager().records.get(entry.distribution if entry else "")
    if record is not None and not isinstance(error, PluginLoadError):
        record.report("oneiros_formats", error)
    return (
        f"The format {name!r}{owner} doesn't work: {type(error).__name__}: {error}. "
        f"Disable or repair its plugin; `oneiros plugins` shows more."
    )


@contextmanager
def _blaming(form: Format, path: Path) -> Iterator[None]:
    """Context manager in which an error that a format doesn't expect names it."""
    try:
        yield
    except (OneirosError, OSError, MemoryError, Warning):
        raise
    except Exception as error:
        name = getattr(form, "name", "") or type(form).__name__
        owner = provenance(form)
        source = f"{owner['distribution']} {owner['version']}" if owner else "no plugin"
        raise FileFormatError(
            f"The format {name!r} of {source} failed with {path}: "
            f"{type(error).__name__}: {error}."
        ) from error


def _names() -> list[str]:
    """Returns the names of all formats: Oneiros' own are asked first."""
    own = registry.owners().get("format", {})
    return sorted(registry.names("format"), key=lambda name: (name not in own, name))


def hdf5():
    """Returns the format `hdf5`."""
    return registry.resolve("format", "hdf5")()


def for_suffix(suffix: str) -> Format:
    """Returns the format of a path's suffix, HDF5 by default.

    # Raises
        PluginLoadError: if the format of that suffix doesn't work.
        NameConflictError: if several plugins write files of that suffix.
    """
    name, *rivals = _by_suffix().get(suffix, ["hdf5"])
    if rivals and name not in registry.owners().get("format", {}):
        raise NameConflictError(
            f"The formats {', '.join(map(repr, [name, *rivals]))} all write files that "
            f"end in {suffix}. `oneiros plugins` shows their plugins: disable all but "
            "one in the settings, under `disable`."
        )
    try:
        found: Format = registry.resolve("format", name)()
    except (MemoryError, OneirosError):
        raise  # isn't the plugin's fault
    except Exception as error:
        raise PluginLoadError(_fault(name, error)) from error
    return found


def suffixes() -> dict[str, str]:
    """Returns the suffixes of all formats that can be imported, and their names."""
    return {suffix: names[0] for suffix, names in _by_suffix().items()}


def _by_suffix() -> dict[str, list[str]]:
    """Returns the formats that write files of a suffix, Oneiros' own first."""
    found: dict[str, list[str]] = {}
    for name in _names():
        with suppress(PluginLoadError, NameConflictError):
            declared = getattr(registry.resolve("format", name), "suffixes", ())
            for suffix in declared if isinstance(declared, tuple) else ():
                found.setdefault(suffix, []).append(name)
    return found


def may_write(filepath: PathLike, overwrite: bool) -> bool:
    """Returns whether to write a file; asks, with `overwrite=False`, before an existing
    one is replaced.

    # Raises
        FileMissingError, ArgumentError: if it can't be written, or nobody can answer.
    """
    path = target(filepath)
    return overwrite or not os.path.lexists(filepath) or _user_agrees(path)


def target(filepath: PathLike) -> Path:
    """Returns the path to write to, with links followed.

    # Raises
        FileMissingError, ArgumentError: if the file can't be written.
    """
    path = resolved(filepath)
    if not path.parent.is_dir():
        raise FileMissingError(
            f"Can't save to {path}: there is no folder {path.parent}. Create it first."
        )
    if path.exists() and not path.is_file():
        raise ArgumentError(f"Can't save to {path}: it exists but isn't a file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise ArgumentError(
            f"Can't save to {path}: it is read-only. Save elsewhere, or `chmod u+w` it."
        )
    return path


def write_and_notify(model, filepath: PathLike, state: ModelState) -> None:
    """Writes the state of a model, notifies plugins, and warns if the suffix says
    something else."""
    path = target(filepath)
    plugins.call("oneiros_before_save", model=whole(model), path=path)
    write(path, state)
    plugins.call("oneiros_after_save", model=whole(model), path=path)
    _warn_of_suffix(path)


def _warn_of_suffix(path: Path) -> None:
    """Warns if a file that was written looks like one of another format."""
    suffix = path.suffix.lower()
    other = SUFFIXES_OF_OTHERS.get(suffix)
    if other is None or suffix in suffixes():
        return
    hint = ""
    if suffix.removeprefix(".") in registry.names("export"):
        hint = f" For {other}, type oneiros.export(model, {path.name!r})."
    warn(
        f"{path.name} is an HDF5 file, as Keras 1 writes for any suffix. {suffix} is "
        f"the suffix of {other}: call it {path.with_suffix('.h5').name}.{hint}"
    )


def write(path: Path, state: ModelState) -> None:
    """Writes a file in the format of its suffix; the old file stays until the new one
    is complete.

    # Raises
        FileAccessError: if the disk is full, or writing isn't permitted.
    """
    form = for_suffix(path.suffix)
    with replacing(path) as draft, _blaming(form, path):
        form.write(draft, state)


def write_text(path: Path, text: str) -> None:
    """Writes a text, like `write` for a model."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def _user_agrees(path: Path) -> bool:
    """Asks whether to replace a file; raises ArgumentError if nobody can answer."""
    if not sys.stdin or not sys.stdin.isatty():
        raise ArgumentError(
            f"{path} exists, and overwrite=False. Pass overwrite=True, or another path."
        )
    answer = input(f"{path} exists. Overwrite it? [y/n] ")
    return answer.strip().lower() in ("y", "yes")
