"""Model files of Keras 3 and of Keras 2.12 and later: zip archives of JSON texts and of
weights in HDF5."""

import io
from pathlib import Path
from typing import Any

from oneiros.errors import ConfigError, FileFormatError
from oneiros_old_files.variable_groups import by_layer
from oneiros_safe_files import json_text
from oneiros_safe_files.archives import ZIP_MAGIC, ZipArchive, open_zip
from oneiros_safe_files.budget import Budget, Quota
from oneiros_safe_files.hdf5 import StoredGroup, opened_hdf5
from oneiros_safe_files.model_state import Format, Groups, LayerWeights, ModelState

from oneiros_saving.formats.hdf5 import read_groups

METADATA = "metadata.json"
CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
MEMBERS = (METADATA, CONFIG, WEIGHTS)
"""The members of a `.keras` file."""
FIRST_NAME = 30
"""Where the name of an archive's first member begins."""
BEGINNINGS = tuple(name.encode() for name in (*MEMBERS, "assets/"))
"""With what the name of the first member of a `.keras` file begins."""
VERSIONS = ("2.", "3.")
"""The beginnings of the versions of Keras that can be read."""
COMPILATION = "compile_config"
"""The part of the configuration that says how the model was compiled."""
Data = dict[str, Any]
OPTIMIZER = "optimizer"
"""The group with the optimizer's variables."""
OF_TRAINING = ("loss_tracker", "metrics", OPTIMIZER, "_metrics")
"""Groups at the root that don't belong to the layers."""
NO_WEIGHTS = ("seed_generator", "dot")
"""Groups inside a layer that hold no weights: the state of its draws, and a layer that
has none."""


class Keras3Format(Format):
    """Whole models of Keras 3, for reading.

    The configuration in the `ModelState` is that of the file. The arrays are named by
    their paths in the file, and the optimizer's step count is called `iteration:0`, as
    in files of Keras 2.
    """

    name = "keras3"
    conformance = {"recognises": ("an empty zip archive",)}

    def recognises(self, head: bytes) -> bool:
        """Returns whether a file that begins with `head` is a zip archive whose first
        member, if it has one, is one of a `.keras` file."""
        first = head[FIRST_NAME:]
        return head.startswith(ZIP_MAGIC) and (
            not first or first.startswith(BEGINNINGS)
        )

    def read(self, path: Path, budget: Budget) -> ModelState:
        """Reads a whole model.

        # Raises
            FileFormatError: if the archive is damaged, or isn't a `.keras` file.
        """
        with open_zip(path, budget) as archive:
            for name in MEMBERS:
                if archive.members.get(name, True):
                    raise FileFormatError(
                        f"{path} isn't a .keras file: the archive has no {name}."
                    )
            metadata = _read_json(archive, METADATA)
            config = _read_json(archive, CONFIG)
            data = archive.read(WEIGHTS)
            others = sorted(archive.members.keys() - set(MEMBERS))
        state = ModelState(
            model_config=_without(config, COMPILATION),
            training_config=_training_config(config.get(COMPILATION)),
            keras_version=_version(metadata, path),
            backend="tensorflow",
            unread=others,
        )
        quota = _quota(archive.quota, len(data))
        with opened_hdf5(io.BytesIO(data), quota) as root:
            _read_weights(root, config, state)
        return state


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
    if isinstance(version, str) and version.startswith(VERSIONS):
        return version
    raise FileFormatError(
        f"{path} is from Keras {version!r:.20}, but only .keras files of Keras 2 and 3 "
        "can be read. In the program that wrote it, save the model as .h5, or its "
        "weights with NumPy: np.savez(path, *model.get_weights())."
    )


def _without(config: Data, key: str) -> Data:
    return {name: value for name, value in config.items() if name != key}


def _training_config(compilation) -> Data | None:
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
    quota.spend_array(2 * excess)
    return quota


def _read_weights(root: StoredGroup, config: Data, state: ModelState) -> None:
    """Reads the weights of a model and the state of its optimizer into `state`.

    # Arguments
        root: the root of `model.weights.h5`.
        config: dict, the model's entry in `config.json`.
        state: `ModelState` to fill.
    """
    groups = read_groups(root)
    optimizer = groups.get(OPTIMIZER)
    if optimizer:
        (_, steps), *others = optimizer
        state.optimizer_weights = [("iteration:0", steps), *others]
    state.weights = by_layer(groups, config)
    state.unread += [path for path, _ in unread(groups)]


def unread(groups: Groups) -> LayerWeights:
    """Returns the paths and the variables of groups that belong to no layer."""
    return [
        (f"/{path}", variables)
        for path, variables in groups.items()
        if variables
        and not path.startswith(OF_TRAINING)
        and not path.endswith(NO_WEIGHTS)
    ]
