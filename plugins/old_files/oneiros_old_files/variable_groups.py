"""Variables as `.keras` and `.weights.h5` files of Keras 2.12 and later hold them: in a
group per object, under the numbers `vars/0`, `vars/1`, …

A layer's group is its class's name and a number, counted in the order of the model's
layers: `layers/dense_1`. The name of a layer plays no part.
"""

import re
from collections import Counter
from collections.abc import Iterator

from oneiros.engine.container import Container
from oneiros_safe_files.model_state import Groups, LayerWeights, Named

from oneiros_old_files.base import HERE, Config
from oneiros_old_files.keras2 import migration_of
from oneiros_old_files.keras3 import OPERATIONS, PACKAGE

CONTAINERS = ("layers", "_layer_checkpoint_dependencies", "cells")
"""The groups of a model with the groups of its layers, the second one in Keras 2.12; of
stacked cells with those of the cells."""
WRAPPED = ("layer", "forward_layer", "backward_layer", "cell")
"""Groups of the layers inside a wrapper, and of a recurrent layer's cell."""
NOT_TRAINED = {"BatchNormalization": 2, "Normalization": 3}
"""Number of variables of a layer that no optimizer changes; they are its last."""
NAMED_OTHERWISE = {"GroupQueryAttention": "GroupedQueryAttention"}
"""Classes whose groups have another name than they."""
INNER_CLASS = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")
"""The places in a class's name before which the group's name has an underscore:
`Conv2DTranspose` is `conv2d_transpose`."""


def by_layer(groups: Groups, entry: Config) -> LayerWeights:
    """Returns the variables of each layer of a model.

    # Arguments
        groups: the groups of the file; those of the layers are removed.
        entry: dict, the model's entry in the configuration.
    """
    weights: LayerWeights = []
    for path, layer in _layers(groups, "", entry):
        trained, fixed = _variables(groups, path, layer)
        weights.append((_name(layer), trained + fixed))
    return weights


def entry_of(model) -> Config:
    """Returns what `by_layer` needs of a model's entry, for a model that is built."""
    config: Config = {"name": model.name, "trainable": model.trainable}
    entry = {"class_name": _class_there(model), "config": config}
    if isinstance(model, Container):
        config["layers"] = list(map(entry_of, model.layers))
    for name in ("layer", "cell"):
        if hasattr(model, name):
            config[name] = entry_of(getattr(model, name))
    if hasattr(model, "cells"):
        config["cells"] = list(map(entry_of, model.cells))
    return entry


def _class_there(layer) -> str:
    """Returns the name of a layer's class in Keras 2 and 3."""
    if isinstance(layer, Container):
        is_sequential = "Sequential" in [cls.__name__ for cls in type(layer).__mro__]
        if is_sequential:
            return "Sequential"
        return "Functional"
    name = type(layer).__name__
    there = getattr(migration_of(name, HERE), "keras3", None) or name
    return there.removeprefix(PACKAGE)


def _name(entry: Config) -> str:
    return str(entry.get("name", _config(entry).get("name")))


def _config(entry) -> Config:
    config = entry.get("config") if isinstance(entry, dict) else None
    if isinstance(config, dict):
        return config
    return {}


def _layers(groups: Groups, path: str, model: Config) -> Iterator[tuple[str, Config]]:
    """Yields the paths of the groups of a model's layers, and the layers' entries."""
    counts: Counter[str] = Counter()
    for entry in _entries(model):
        class_name = re.sub(r"\W", "", str(entry.get("class_name")))
        class_name = NAMED_OTHERWISE.get(class_name, class_name)
        base = INNER_CLASS.sub("_", class_name).lower()
        number = counts[base]
        name = f"{base}_{number}" if number else base
        counts[base] += 1
        for container in CONTAINERS:
            inner_path = f"{path}{container}/{name}"
            if inner_path in groups:
                yield inner_path, entry


def _entries(model: Config) -> list[Config]:
    """Returns the entries of a model's layers; operations aren't layers."""
    config = _config(model)
    entries = config.get("layers", config.get("cells"))
    if not isinstance(entries, list):
        return []
    return [
        entry
        for entry in entries
        if isinstance(entry, dict)
        and not str(entry.get("module")).startswith(OPERATIONS)
    ]


def _variables(groups: Groups, path: str, entry: Config) -> tuple[Named, Named]:
    """Returns the variables of a layer, and of the layers inside, that optimizers
    change, and the others."""
    inside = list(_layers(groups, f"{path}/", entry))
    config = _config(entry)
    for name in WRAPPED:
        inner_path = f"{path}/{name}"
        if inner_path in groups:
            argument = "cell" if name == "cell" else "layer"
            inside.append((inner_path, config.get(argument, {})))
    trained: Named = []
    fixed: Named = []
    for inner_path, inner in inside:
        inner_trained, inner_fixed = _variables(groups, inner_path, inner)
        trained += inner_trained
        fixed += inner_fixed
    own = _own_variables(groups, path, entry)
    count = len(own) - NOT_TRAINED.get(_class_name(entry), 0)
    trained += own[:count]
    fixed += own[count:]
    if config.get("trainable", True):
        return trained, fixed
    return [], trained + fixed


def _class_name(entry: Config) -> str:
    """Returns the name of a layer's class; of a registered one, its registered name."""
    return str(entry.get("registered_name") or entry.get("class_name"))


def _own_variables(groups: Groups, path: str, entry: Config) -> Named:
    """Returns the variables of a layer and of the objects inside that belong to it,
    such as the cell of a recurrent layer."""
    own = groups.pop(path)
    migration = migration_of(_class_name(entry).removeprefix(PACKAGE), HERE)
    names = getattr(migration, "groups", ())
    for name in names:
        for inner_path in (f"{path}/{name}", f"{path}/_{name}"):
            if inner_path in groups:
                own = [*own, *_own_variables(groups, inner_path, {})]
    return own
