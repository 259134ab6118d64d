"""Finds the variables of layers and of the optimizer in `model.weights.h5`.

A layer's place is the class's name and a number, counted in the order of the model's
layers: `layers/dense_1/vars/0`. The name of a layer plays no part.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from oneiros_safe_files.hdf5 import StoredArray, StoredGroup
from oneiros_safe_files.model_state import ModelState, Named

Entry = dict[str, Any]
Stored = list[tuple[str, StoredArray]]
NOT_TRAINED = {"BatchNormalization": 2}
"""Number of variables of a layer that no optimizer changes; they are its last."""
WRAPPED = ("layer", "forward_layer", "backward_layer")
"""Groups of the layers inside a wrapper."""
NO_WEIGHTS = ("seed_generator", "dot")
"""Groups inside a layer that hold no weights: the state of its draws, and a layer that
has none."""
OF_TRAINING = ("loss_tracker", "metrics", "optimizer", "_metrics")
"""Groups at the root that don't belong to the layers."""
INNER_CLASS = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")
"""The places in a class's name before which the group's name has an underscore."""


@dataclass(frozen=True)
class Variables:
    """The variables of a layer, in the order of `get_weights`: trained ones first."""

    trained: Stored = field(default_factory=list)
    fixed: Stored = field(default_factory=list)

    @property
    def all(self) -> Stored:
        """All of them."""
        return [*self.trained, *self.fixed]


def read_weights(root: StoredGroup, config: Entry, state: ModelState) -> None:
    """Reads the weights of a model and the state of its optimizer into `state`.

    # Arguments
        root: the root of `model.weights.h5`.
        config: dict, the model's entry in `config.json`.
        state: `ModelState` to fill.
    """
    # All arrays are found, checked and accounted for before the first one is read.
    layers = [
        (_layer_name(entry), _variables(group, entry).all)
        for group, entry in _layers(root, config)
    ]
    _numbered(root, "vars")  # of the model itself: a Functional has none
    optimizer = _numbered(root, "optimizer/vars")
    state.weights = [(name, _read(stored)) for name, stored in layers]
    if optimizer:
        state.optimizer_weights = _read(_with_step_count(optimizer))
    state.unread += [path for path in root.unread() if not path.startswith(_prefixes())]


def _prefixes() -> tuple[str, ...]:
    return tuple(f"/{name}" for name in OF_TRAINING)


def _layer_name(entry: Entry) -> str:
    return str(entry.get("name", _config(entry).get("name")))


def _config(entry: Any) -> Entry:
    config = entry.get("config") if isinstance(entry, dict) else None
    return config if isinstance(config, dict) else {}


def _layers(group: StoredGroup, model: Entry) -> Iterator[tuple[StoredGroup, Entry]]:
    """Yields the groups of a model's layers, and the entries of the layers."""
    if "layers" not in group:
        return
    layers = group.group("layers")
    counts: Counter[str] = Counter()
    for entry in _entries(model):
        base = _group_name(str(entry.get("class_name")))
        name = f"{base}_{counts[base]}" if counts[base] else base
        counts[base] += 1
        if name in layers:
            yield layers.group(name), entry


def _entries(model: Entry) -> list[Entry]:
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


def _group_name(class_name: str) -> str:
    """Returns a class's name as Keras writes it: `Conv2DTranspose` is
    `conv2d_transpose`."""
    return INNER_CLASS.sub("_", re.sub(r"\W", "", class_name)).lower()


def _variables(group: StoredGroup, entry: Entry) -> Variables:
    """Returns the variables of a layer, and of the layers inside."""
    parts = [
        _variables(inner_group, inner) for inner_group, inner in _layers(group, entry)
    ]
    parts += [
        _variables(group.group(name), _config(entry).get("layer", {}))
        for name in WRAPPED
        if name in group
    ]
    own = _own_variables(group)
    count = len(own) - NOT_TRAINED.get(_class_name(entry), 0)
    parts.append(Variables(own[:count], own[count:]))
    variables = Variables(
        list(itertools.chain.from_iterable(part.trained for part in parts)),
        list(itertools.chain.from_iterable(part.fixed for part in parts)),
    )
    if _config(entry).get("trainable", True):
        return variables
    return Variables(fixed=variables.all)


def _class_name(entry: Any) -> str:
    """Returns the name of a layer's class; of a registered one, its registered name."""
    if not isinstance(entry, dict):
        return ""
    return str(entry.get("registered_name") or entry.get("class_name"))


def _own_variables(group: StoredGroup) -> Stored:
    """Returns the variables of a layer or, for a recurrent one, of its cell."""
    own = _numbered(group, "vars")
    if "cell" in group:
        return own + _own_variables(group.group("cell"))
    for name in NO_WEIGHTS:
        _numbered(group, f"{name}/vars")
    return own


def _numbered(group: StoredGroup, path: str) -> Stored:
    """Returns the arrays `0`, `1`, … of the group at a path, by their own paths."""
    for step in path.split("/"):
        if step not in group:
            return []
        group = group.group(step)
    numbers = itertools.takewhile(group.__contains__, map(str, itertools.count()))
    return [(f"{group.where}/{number}", group.array(number)) for number in numbers]


def _with_step_count(optimizer: Stored) -> Stored:
    (_, steps), *others = optimizer
    return [("iteration:0", steps), *others]


def _read(stored: Stored) -> Named:
    return [(name.lstrip("/"), array.read()) for name, array in stored]
