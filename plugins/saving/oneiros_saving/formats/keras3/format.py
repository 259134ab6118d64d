"""Model files of Keras 3: zip archives of JSON texts and of weights in HDF5."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from oneiros.errors import ConfigError, FileFormatError
from oneiros_safe_files import json_text
from oneiros_safe_files.archives import ZIP_MAGIC, ZipArchive, open_zip
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.hdf5 import hdf5_in_memory
from oneiros_safe_files.model_format import Format
from oneiros_safe_files.model_state import ModelState
from oneiros_safe_files.quota import Quota

from oneiros_saving.formats.keras3.stored_weights import read_weights

METADATA = "metadata.json"
CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
MEMBERS = (METADATA, CONFIG, WEIGHTS)
"""The members of a `.keras` file."""
VERSION = "3."
"""The beginning of the versions of Keras that can be read."""
COMPILATION = "compile_config"
"""The part of the configuration that says how the model was compiled."""
Data = dict[str, Any]


class Keras3Format(Format):
    """Whole models of Keras 3, for reading.

    The configuration in the `ModelState` is that of the file. The arrays are named by
    their paths in the file, and the optimizer's step count is called `iteration:0`, as
    in files of Keras 2.
    """

    name: ClassVar[str] = "keras3"

    def recognises(self, head: bytes) -> bool:
        """Returns whether a file that begins with `head` is a zip archive."""
        return head.startswith(ZIP_MAGIC)

    def read(self, path: Path, budget: Budget) -> ModelState:
        """Reads a whole model; it checks the whole file before it reads the first
        array.

        # Raises
            FileFormatError: if the archive is damaged, or isn't a `.keras` file.
        """
        with open_zip(path, budget) as archive:
            _check_members(archive)
            metadata = _read_json(archive, METADATA)
            config = _read_json(archive, CONFIG)
            data = archive.read(WEIGHTS)
            others = sorted(archive.members.keys() - set(MEMBERS))
        state = ModelState(
            model_config=_without(config, COMPILATION),
            training_config=_training_config(config.get(COMPILATION)),
            keras_version=_version(metadata, path),
            unread=others,
        )
        with hdf5_in_memory(data, _quota(archive.quota, len(data))) as root:
            read_weights(root, config, state)
        return state


def _check_members(archive: ZipArchive) -> None:
    for name in MEMBERS:
        if archive.members.get(name, True):
            raise FileFormatError(
                f"{archive.quota.path} isn't a .keras file: the archive has no {name}."
            )


def _read_json(archive: ZipArchive, name: str) -> Data:
    data = archive.read_text(name)
    try:
        value = json_text.loads(data.decode("utf-8"))
    except (ConfigError, UnicodeDecodeError) as error:
        raise FileFormatError(
            f"{archive.quota.path} is damaged: {name} can't be read. {error}"
        ) from error
    if not isinstance(value, dict):
        raise FileFormatError(
            f"{archive.quota.path} is damaged: {name} should be a JSON object and is "
            f"{value!r:.80}."
        )
    return value


def _version(metadata: Data, path: Path) -> str:
    version = metadata.get("keras_version")
    if isinstance(version, str) and version.startswith(VERSION):
        return version
    raise FileFormatError(
        f"{path} is from Keras {version!r:.20}, but only .keras files of Keras 3 can "
        f"be read. In the program that wrote it, save the model as .h5, or its weights "
        f"with NumPy: np.savez(path, *model.get_weights())."
    )


def _without(config: Data, key: str) -> Data:
    return {name: value for name, value in config.items() if name != key}


def _training_config(compilation: Any) -> Data | None:
    """Returns the arguments of `compile` as Keras 2 stores them; None if there are
    none."""
    if not isinstance(compilation, dict) or not compilation:
        return None
    return {
        **_without(compilation, "optimizer"),
        "optimizer_config": compilation.get("optimizer"),
    }


def _quota(around: Quota, nbytes: int) -> Quota:
    """Returns the limits for the weights in an archive.

    The bytes by which the archive expands count twice: they are in memory, and don't
    belong to the file's own size.
    """
    excess = max(0, nbytes - around.size)
    quota = Quota(around.path, around.budget, nbytes)
    quota.spend_array("/", 2 * excess)
    return quota
