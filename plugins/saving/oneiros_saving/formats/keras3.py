"""Model files of Keras 3: zip archives of JSON texts and of weights in HDF5.

In `model.weights.h5`, a layer's place is the class's name and a number, counted in the
order of the model's layers: `layers/dense_1/vars/0`. The name of a layer plays no part.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oneiros.errors import ConfigError, FileFormatError
from oneiros_safe_files import json_text
from oneiros_safe_files.archives import ZIP_MAGIC, ZipArchive, open_zip
from oneiros_safe_files.budget import Budget, Quota
from oneiros_safe_files.hdf5 import StoredGroup, opened_hdf5
from oneiros_safe_files.model_state import Format, ModelState, Named

METADATA = "metadata.json"
CONFIG = "config.json"
WEIGHTS = "model.weights.h5"
MEMBERS = (METADATA, CONFIG, WEIGHTS)
"""The members of a `.keras` file."""
VERSIONS = ("2.", "3.")
"""The beginnings of the versions of Keras that can be read."""
COMPILATION = "compile_config"
"""The part of the configuration that says how the model was compiled."""
Data = dict[str, Any]
NOT_TRAINED = {"BatchNormalization": 2}
"""Number of variables of a layer that no optimizer changes; they are its last."""
WRAPPED = ("layer", "forward_layer", "backward_layer")
"""Groups of the layers inside a wrapper."""
NO_WEIGHTS = ("seed_generator", "dot")
"""Groups inside a layer that hold no weights: the state of its draws, and a layer that
has none."""
OF_TRAINING = ("/loss_tracker", "/metrics", "/optimizer", "/_metrics")
"""Groups at the root that don't belong to the layers."""
INNER_CLASS = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")
"""The places in a class's name before which the group's name has an underscore:
`Conv2DTranspose` is `conv2d_transpose`."""


class Keras3Format(Format):
    """Whole models of Keras 3, for reading.

    The configuration in the `ModelState` is that of the file. The arrays are named by
    their paths in the file, and the optimizer's step count is called `iteration:0`, as
    in files of Keras 2.
    """

    name = "keras3"

    def recognises(self, head: bytes) -> bool:
        """Returns whether a file that begins with `head` is a zip archive."""
        return head.startswith(ZIP_MAGIC)

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
        f"{path} is from Keras {version!r:.20}, but only .keras files of Keras 3 can "
        f"be read. In the program that wrote it, save the model as .h5, or its weights "
        f"with NumPy: np.savez(path, *model.get_weights())."
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
    for group, entry in _layers(root, config):
        name = str(entry.get("name", _config(entry).get("name")))
        trained, fixed = _variables(group, entry)
        state.weights.append((name, trained + fixed))
    _numbered(root, "vars")  # of the model itself: a Functional has none
    optimizer = _numbered(root, "optimizer/vars")
    if optimizer:
        (_, steps), *others = optimizer
        state.optimizer_weights = [("iteration:0", steps), *others]
    state.unread += [path for path in root.unread() if not path.startswith(OF_TRAINING)]


def _config(entry) -> Data:
    config = entry.get("config") if isinstance(entry, dict) else None
    return config if isinstance(config, dict) else {}


def _layers(group: StoredGroup, model: Data) -> Iterator[tuple[StoredGroup, Data]]:
    """Yields the groups of a model's layers, and the entries of the layers."""
    if "layers" not in group:
        return
    layers = group.group("layers")
    counts: Counter[str] = Counter()
    for entry in _entries(model):
        class_name = re.sub(r"\W", "", str(entry.get("class_name")))
        base = INNER_CLASS.sub("_", class_name).lower()
        name = f"{base}_{counts[base]}" if counts[base] else base
        counts[base] += 1
        if name in layers:
            yield layers.group(name), entry


def _entries(model: Data) -> list[Data]:
    """Returns the entries of a model's layers; operations aren't layers."""
    entries = _config(model).get("layers")
    if not isinstance(entries, list):
        return []
    return [
        entry
        for entry in entries
        if isinstance(entry, dict)
        and not str(entry.get("module")).startswith("keras.src.ops")
    ]


def _variables(group: StoredGroup, entry: Data) -> tuple[Named, Named]:
    """Returns the variables of a layer, and of the layers inside, that optimizers
    change, and the others."""
    group.enter()
    inside = list(_layers(group, entry))
    for name in WRAPPED:
        if name in group:
            inside.append((group.group(name), _config(entry).get("layer", {})))
    trained: Named = []
    fixed: Named = []
    for inner_group, inner in inside:
        inner_trained, inner_fixed = _variables(inner_group, inner)
        trained += inner_trained
        fixed += inner_fixed
    own = _own_variables(group)
    count = len(own) - NOT_TRAINED.get(_class_name(entry), 0)
    trained += own[:count]
    fixed += own[count:]
    if _config(entry).get("trainable", True):
        return trained, fixed
    return [], trained + fixed


def _class_name(entry) -> str:
    """Returns the name of a layer's class; of a registered one, its registered name."""
    if not isinstance(entry, dict):
        return ""
    return str(entry.get("registered_name") or entry.get("class_name"))


def _own_variables(group: StoredGroup) -> Named:
    """Returns the variables of a layer or, for a recurrent one, of its cell."""
    own = _numbered(group, "vars")
    if "cell" in group:
        return own + _own_variables(group.group("cell"))
    for name in NO_WEIGHTS:
        _numbered(group, f"{name}/vars")
    return own


def _numbered(group: StoredGroup, path: str) -> Named:
    """Returns the arrays `0`, `1`, … of the group at a path, by their own paths."""
    for step in path.split("/"):
        if step not in group:
            return []
        group = group.group(step)
    where = group.where.lstrip("/")
    return [(f"{where}/{number}", group.array(number)) for number in group.numbered()]
