"""Model files in HDF5, in exactly the layout of Keras 1.2.2."""

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

from oneiros.errors import FileFormatError
from oneiros.typing import Array
from oneiros_old_files.variable_groups import CONTAINERS
from oneiros_safe_files import json_text
from oneiros_safe_files.budget import Budget
from oneiros_safe_files.hdf5 import MAGIC, StoredGroup, open_hdf5
from oneiros_safe_files.hdf5_library import (
    HEADER_LIMIT,
    GroupWriter,
    create_hdf5,
    open_group,
)
from oneiros_safe_files.model_state import (
    Format,
    Groups,
    LayerWeights,
    ModelState,
    Named,
)

GROUP = "oneiros_training"
"""The group of the training state that Keras 1 didn't save: JSON, and the arrays to
which it refers by number."""
LAYER_NAMES = "layer_names"
"""The attribute with the names of the layers, in their order."""
TOP_LEVEL = "top_level_model_weights"
"""A group that Keras 2 writes beside the layers' groups; it is empty unless the model
itself has weights."""
_RESAVE = "Save the model again with the program that wrote it."


class HDF5Format(Format):
    """Whole models and weights in HDF5.

    A whole model has the root attributes `keras_version`, `model_config` and
    `training_config` (JSON), the group `model_weights` and, once trained,
    `optimizer_weights`; in a weights-only file, the contents of `model_weights` are at
    the root. Keras ignores the root attribute `oneiros_provenance` (JSON), with the
    origin of each object, and the group `oneiros_training`, with training state that
    Keras didn't save.
    """

    name = "hdf5"
    suffixes = (".h5", ".hdf5")
    conformance = {"recognises": ("HDF5",)}

    def recognises(self, head: bytes) -> bool:
        """Returns whether a file that begins with `head` is HDF5."""
        return head.startswith(MAGIC)

    def write(self, path: Path, state: ModelState) -> None:
        """Writes a whole model, or only weights if the state has no `model_config`."""
        with create_hdf5(path) as root:
            if state.provenance:
                root.text("oneiros_provenance", json_text.dumps(state.provenance))
            if state.model_config is None:
                _write_layers(root, state.weights)
                return
            root.text("keras_version", state.keras_version or "")
            root.text("model_config", json_text.dumps(state.model_config))
            _write_layers(root.group("model_weights"), state.weights)
            if state.training_config is not None:
                root.text("training_config", json_text.dumps(state.training_config))
            if state.optimizer_weights:
                _write_arrays(root.group("optimizer_weights"), state.optimizer_weights)
            if state.training_state is not None:
                group = root.group(GROUP)
                data, arrays = state.training_state
                group.text("state", json_text.dumps(data))
                for number, array in enumerate(arrays):
                    group.array(str(number), array)

    def read(self, path: Path, budget: Budget) -> ModelState:
        """Reads a whole model or weights."""
        with open_hdf5(path, budget) as root:
            return _read(root)

    def write_weights(self, group, weights: LayerWeights) -> None:
        """Writes weights to an open `h5py.Group`."""
        _write_layers(GroupWriter(group), weights)

    def read_weights(self, group, budget: Budget) -> ModelState:
        """Reads weights from an open `h5py.Group`."""
        with open_group(group, budget) as root:
            return ModelState(
                weights=_read_layers(root),
                keras_version=root.text("keras_version"),
                backend=root.text("backend"),
            )


def _write_layers(group: GroupWriter, weights: LayerWeights) -> None:
    _write_names(group, LAYER_NAMES, [name for name, _ in weights])
    for name, arrays in weights:
        _write_arrays(group.group(name), arrays)


def _write_arrays(group: GroupWriter, arrays: Named) -> None:
    _write_names(group, "weight_names", [name for name, _ in arrays])
    for name, value in arrays:
        group.array(name, value)


def _write_names(group: GroupWriter, attribute: str, names: list[str]) -> None:
    """Writes an attribute; if there are too many names for HDF5, it splits them into
    `<attribute>0`, … as Keras 2 does."""
    longest = max((len(name.encode()) for name in names), default=1)
    count = max(1, HEADER_LIMIT // longest)
    if len(names) <= count:
        group.texts(attribute, names)
        return
    for part, start in enumerate(range(0, len(names), count)):
        group.texts(f"{attribute}{part}", names[start : start + count])


def _read(root: StoredGroup) -> ModelState:
    is_by_group = root.texts(LAYER_NAMES) is None
    if is_by_group and any(container in root for container in CONTAINERS):
        return ModelState(groups=read_groups(root), keras_version="3")
    group = root.group("model_weights") if "model_weights" in root else root
    state = ModelState(
        model_config=_read_json(root, "model_config"),
        training_config=_read_json(root, "training_config"),
        provenance=_read_json(root, "oneiros_provenance") or {},
        keras_version=root.text("keras_version"),
        backend=root.text("backend"),
        weights=_read_layers(group),
        training_state=_read_training(root),
    )
    if "optimizer_weights" in root:
        state.optimizer_weights = _read_arrays(root.group("optimizer_weights"))
    if TOP_LEVEL in group:
        group.group(TOP_LEVEL)
    state.unread = root.unread()
    return state


def read_groups(root: StoredGroup) -> Groups:
    """Returns the variables of each group; they are named by their paths."""
    groups: Groups = {}
    for group in root.groups():
        path = group.where.strip("/").replace("\\", "/")  # of Windows
        numbered = group.group("vars") if "vars" in group else None
        if numbered is None:
            continue
        groups[path] = [
            (f"{path}/vars/{number}", numbered.array(number))
            for number in numbered.numbered()
        ]
    return groups


def _read_json(root: StoredGroup, attribute: str) -> dict[str, Any] | None:
    text = root.text(attribute)
    if text is None:
        return None
    value = json_text.loads(text)
    if not isinstance(value, dict):
        raise FileFormatError(
            f"{root.quota.path}: '{attribute}' should be a JSON object and is "
            f"{text!r:.80}. {_RESAVE}"
        )
    return value


def _read_layers(group: StoredGroup) -> LayerWeights:
    names = map(group.texts, (LAYER_NAMES, f"{LAYER_NAMES}0"))
    if "layer_0" in group and not any(names):
        return _read_numbered(group)
    return [
        (name, _read_arrays(group.group(name)))
        for name in _read_names(group, LAYER_NAMES)
    ]


def _read_numbered(group: StoredGroup) -> LayerWeights:
    """Returns the layers `layer_0`, `layer_1`, … with their arrays `param_0`, …, as
    Keras 0.x wrote them."""
    layers = []
    for layer in group.numbered("layer_"):
        arrays = group.group(layer)
        named = [(name, arrays.array(name)) for name in arrays.numbered("param_")]
        layers.append((layer, named))
    return layers


def _read_arrays(group: StoredGroup) -> Named:
    return [(name, group.array(name)) for name in _read_names(group, "weight_names")]


def _read_names(group: StoredGroup, attribute: str) -> list[str]:
    names = group.texts(attribute)
    if names is None:
        names = _split_names(group, attribute)
    repeated, count = next(iter(Counter(names).most_common(1)), ("", 0))
    if count > 1:
        raise FileFormatError(
            f"{group.quota.path}: '{attribute}' of '{group.where:.300}' names "
            f"{repeated!r:.80} twice. {_RESAVE}"
        )
    return names


def _split_names(group: StoredGroup, attribute: str) -> list[str]:
    names: list[str] = []
    for number in itertools.count():
        part = group.texts(f"{attribute}{number}")
        if part is None and number:
            return names
        if part is None:
            break
        names += part
    raise FileFormatError(
        f"{group.quota.path} has no '{attribute}' at '{group.where:.300}': it isn't a "
        "Keras model."
    )


def _read_training(root: StoredGroup) -> tuple[Any, list[Array]] | None:
    """Returns the JSON data and the arrays; None if the group doesn't exist."""
    if GROUP not in root:
        return None
    group = root.group(GROUP)
    text = group.text("state")
    if text is None:
        raise FileFormatError(
            f"{root.quota.path} lacks the attribute 'state' of '{group.where}'."
        )
    arrays = [group.array(number) for number in group.numbered()]
    return json_text.loads(text), arrays
