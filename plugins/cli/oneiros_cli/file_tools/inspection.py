"""Reports what a model file contains, what is missing here and what loading would
refuse, without building anything."""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.machinery import PathFinder
from itertools import islice
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from oneiros import registry
from oneiros.discovery import Entry
from oneiros.errors import OneirosError, UnsafeFileError
from oneiros_old_files.base import Origin, absent_owner
from oneiros_old_files.configs import Unreadable, leaving_unreadable, migrated
from oneiros_old_files.file_origin import origin_of
from oneiros_old_files.keras2_compilation import stored_compilation
from oneiros_old_files.stored_functions import get_function
from oneiros_safe_files.budget import UNTRUSTED, Budget, checked, running
from oneiros_safe_files.model_state import LayerWeights, ModelState
from oneiros_saving import provenance
from oneiros_saving.caller_choices import nothing_foreign
from oneiros_saving.config_references import Part, Reference, layers, references
from oneiros_saving.model_files import PathLike
from oneiros_saving.provenance import Missing
from oneiros_saving.restoring import count_unusual

from oneiros_cli.file_tools.stored_file import StoredFile, read

Shape = tuple[int, ...]
MAX_REFUSED = 1_000
"""The number of refused functions after which no more are looked for."""
CONFIGURATION = "(configuration)"
"""What can't be read if no layer can."""
_DECLARATION = re.compile(r"loadable(: .+)? = True")


@dataclass(frozen=True)
class Weight:
    """An array in a file; `unusual` counts its NaNs and infinities."""

    name: str
    shape: Shape
    dtype: str
    unusual: int


@dataclass(frozen=True)
class LayerReport:
    """A layer as the file describes it.

    # Properties
        where: str, its path: the names of the models and wrappers around it, then its
            own.
        input_shape: str, as far as known from the arguments; empty if unknown.
        inbound: list of the names of its input layers; empty in a `Sequential`.
        weights: list of `Weight`; for a nested model, all its weights.
    """

    where: str
    class_name: str
    input_shape: str
    inbound: list[str]
    parameters: int
    weights: list[Weight]


@dataclass(frozen=True)
class Refusal:
    """Something that `load_model` would refuse.

    # Properties
        where: str, its place in the configuration.
        reason: str.
        what: str, in a few words: a class, perhaps with an argument.
        owner: str, the distribution that has it and is absent; empty if there is none.
    """

    where: str
    reason: str
    what: str = ""
    owner: str = ""


@dataclass(frozen=True)
class Inspection:
    """The result of `inspect_file`; `asdict` converts it to plain data.

    # Properties
        holds: str, `"a whole model"`, `"a configuration"` or `"weights"`.
        trained_on: str, a backend's name; `"unknown"` if the file doesn't say or
            contradicts itself.
        kernels: str, the engine whose kernel format they have; `"tensorflow"` for all
            files saved by Oneiros.
        training: dict of the arguments of `compile`; None if the model wasn't compiled.
        uncompiled: str, the reason why the loaded model isn't compiled; empty if it is.
        optimizer_weights: int, the number of arrays in the optimizer's state.
        unread: list of the paths of other contents, which don't belong to the model.
        advice: str, how to load the file, unless `load_model` does; empty if it does.
    """

    path: str
    format: str
    bytes: int
    holds: str
    keras_version: str | None
    trained_on: str
    kernels: str
    model: str | None
    layers: list[LayerReport]
    parameters: int
    training: dict[str, Any] | None
    uncompiled: str
    optimizer_weights: int
    unread: list[str]
    advice: str
    missing: list[Missing]
    refused: list[Refusal]

    @property
    def lacking(self) -> list[Refusal]:
        """All that is missing and would be refused, each with its place."""
        found = list(self.refused)
        for name in self.missing:
            owner = absent_owner(name.kind, name.name)
            found += [Refusal(x, name.advice, name.name, owner) for x in name.where]
        return found

    @property
    def loads(self) -> bool:
        """Whether, as far as the file shows, nothing is missing and nothing would be
        refused."""
        return not self.missing and not self.refused

    def asdict(self) -> dict[str, Any]:
        """Returns everything as plain data."""
        return {**asdict(self), "loads": self.loads}


def inspect_file(filepath: PathLike, budget: Budget = UNTRUSTED) -> Inspection:
    """Inspects a model, weights or configuration file, under the rules of loading.

    It doesn't import or build anything that the file names, and ends after ten seconds
    of the processor's time.

    # Arguments
        filepath: path.
        budget: `oneiros.saving.Budget`, the limits for reading the file.

    # Raises
        FileMissingError, FileFormatError, UnsafeFileError, ConfigError: as loading
        does.
    """
    with running(checked(budget).seconds, filepath):
        return _inspected(filepath, read(filepath, budget))


def _inspected(filepath: PathLike, stored: StoredFile) -> Inspection:
    state = stored.state
    origin = origin_of(state)
    config, unreadable = _migrated(state.model_config, origin)
    training, uncompiled = _compiled(state.training_config, origin, config)
    if origin.keras > 1 and not uncompiled:
        unknown = provenance.missing(references({}, training))
        uncompiled = " ".join(name.advice for name in unknown)
    classes_told = {layer.class_name for layer in unreadable}
    named = [
        reference
        for reference in references(config, None if uncompiled else training)
        if reference.kind != "layer" or reference.name not in classes_told
    ]
    if CONFIGURATION in classes_told:
        named = []
    parts = list(layers(config))
    arrays = [value for _, named_arrays in _groups(state) for _, value in named_arrays]
    return Inspection(
        path=str(filepath),
        format=stored.format,
        bytes=Path(filepath).stat().st_size,
        holds=_holds(stored),
        keras_version=state.keras_version,
        trained_on=_trained_on(state, origin),
        kernels=origin.engine or "unknown",
        model=parts[0].class_name if parts else None,
        layers=_layers(parts, state),
        parameters=sum(value.size for value in arrays),
        training=training,
        uncompiled=uncompiled,
        optimizer_weights=len(state.optimizer_weights or ()),
        unread=state.unread,
        advice=_advice(stored),
        missing=provenance.missing(named, state.provenance),
        refused=[
            *(_refusal(layer, parts) for layer in unreadable),
            *islice(_refused_functions(parts), MAX_REFUSED),
            *_refused_classes(named),
        ],
    )


def _migrated(config, origin: Origin) -> tuple[Any, list[Unreadable]]:
    """Returns the migrated configuration, and its unreadable parts."""
    with nothing_foreign(), leaving_unreadable() as unreadable:
        try:
            return migrated(config, origin), unreadable
        except OneirosError as error:
            return config, [Unreadable(CONFIGURATION, "", CONFIGURATION, error)]


def _refusal(layer: Unreadable, parts: list[Part]) -> Refusal:
    places = [
        part.where
        for part in parts
        if part.class_name == layer.class_name
        and part.where.rpartition("/")[2] == layer.name
    ]
    where = min(places, default=layer.name)
    return Refusal(where, layer.reason, layer.what, layer.owner)


def _compiled(
    training_config: dict[str, Any] | None, origin: Origin, config
) -> tuple[dict[str, Any] | None, str]:
    """Returns the arguments of `compile` in terms of Keras 1, and why they can't be
    used here."""
    if training_config is None or origin.keras < 2:
        return training_config, ""
    try:
        with nothing_foreign():
            names = _output_names(config)
            arguments = stored_compilation(training_config, origin, names).arguments
    except OneirosError as error:
        return training_config, str(error)
    return {"optimizer_config": arguments.pop("optimizer"), **arguments}, ""


def _output_names(config) -> Iterator[str]:
    """Yields the names of a graph's outputs."""
    graph = config.get("config") if isinstance(config, dict) else None
    if isinstance(graph, dict):
        for name, *_ in graph.get("output_layers", []):
            yield name


def _trained_on(state: ModelState, origin: Origin) -> str:
    """Returns the backend that a file of Oneiros names, or the engine that the weights'
    names reveal.

    Weights alone with TensorFlow's names look like weights saved by Oneiros on any
    backend.
    """
    holds_arrays = any(arrays for _, arrays in state.weights)
    is_weights_of_tensorflow = (
        state.model_config is None and origin.engine == "tensorflow"
    )
    if is_weights_of_tensorflow or not holds_arrays or origin.keras > 2:
        return "unknown"
    for key in map(str, state.provenance):
        kind, _, name = key.partition(":")
        if kind == "backend":
            return name
    return origin.engine or "unknown"


def _holds(stored: StoredFile) -> str:
    if stored.state.model_config is None:
        return "weights"
    return "a configuration" if stored.is_text else "a whole model"


def _groups(state: ModelState) -> LayerWeights:
    """Returns the weights by layer, or by group in a file that doesn't name layers."""
    groups = (state.groups or {}).items()
    return [*state.weights, *(group for group in groups if group[1])]


def _advice(stored: StoredFile) -> str:
    """Returns how a file is loaded that holds a part of a model."""
    if stored.is_text:
        return "model_from_json(text) or model_from_yaml(text), then load the weights."
    if stored.state.model_config is not None:
        return ""
    names = [name for name, _ in stored.state.weights]
    if names and names == [f"layer_{number}" for number in range(len(names))]:
        return (
            "Weights of Keras 0.x, which names no layers: build the model with the "
            "same layers in the same order, then model.load_weights(path)."
        )
    return "Weights alone: build the model, then model.load_weights(path)."


def _layers(parts: list[Part], state: ModelState) -> list[LayerReport]:
    """Returns a model's layers with their weights, then weights without a layer."""
    weights = {
        name: [_weight(*pair) for pair in arrays] for name, arrays in _groups(state)
    }
    described = []
    for part in parts[1:]:
        name = part.where.rpartition("/")[2]
        layer_weights = weights.pop(part.where, None) or weights.pop(name, [])
        described.append(_layer(part, layer_weights))
    for name, layer_weights in weights.items():
        if layer_weights or not parts:
            described.append(_layer(Part("", {}, name), layer_weights))
    return described


def _layer(part: Part, weights: list[Weight]) -> LayerReport:
    config = part.config if isinstance(part.config, dict) else {}
    shape = config.get("batch_input_shape")
    return LayerReport(
        where=part.where,
        class_name=part.class_name,
        input_shape=str(tuple(shape)) if isinstance(shape, list) else "",
        inbound=_inbound(part.inbound),
        parameters=sum(prod(weight.shape) for weight in weights),
        weights=weights,
    )


def _weight(name: str, value: np.ndarray) -> Weight:
    return Weight(name, value.shape, str(value.dtype), count_unusual(value))


def _inbound(calls) -> list[str]:
    """Returns the names of the input layers of a layer's calls."""
    if not isinstance(calls, list) or not all(isinstance(x, list) for x in calls):
        return []
    places = [place for call in calls for place in call]
    names = [str(place[0]) for place in places if isinstance(place, list) and place]
    return list(dict.fromkeys(names))


# What would be refused


def _refused_functions(parts: Iterable[Part]) -> Iterator[Refusal]:
    """Yields the functions that a file can't contain, with the same reasons as
    loading."""
    for part in parts:
        if not isinstance(part.config, dict):
            continue
        for argument, value in part.config.items():
            if part.config.get(f"{argument}_type", "raw") == "raw":
                continue
            name = value.get("name") if isinstance(value, dict) else value
            if isinstance(name, str) and provenance.provider_of("function", name):
                continue
            try:
                get_function(value, str(part.config.get("name")), str(argument))
            except UnsafeFileError as error:
                what = f"{part.class_name}({argument}=…)"
                yield Refusal(part.where, str(error), what)


def _refused_classes(named: Iterable[Reference]) -> Iterator[Refusal]:
    """Yields, once each, the classes that don't declare that files may use them."""
    keys_seen = set()
    for reference in named:
        if reference.kind in provenance.BASES and reference.key not in keys_seen:
            keys_seen.add(reference.key)
            entry = provenance.provider_of(reference.kind, reference.name)
            if entry is not None and _is_undeclared(entry):
                reason = _undeclared(entry)
                yield Refusal(reference.where, reason, reference.name)


def _is_undeclared(entry: Entry) -> bool:
    module, _, name = entry.reference.partition(":")
    if module in sys.modules:
        cls = registry.load(entry)
        return isinstance(cls, type) and vars(cls).get("loadable") is not True
    with suppress(Exception):  # loading says what is wrong with a plugin
        for node in ast.walk(ast.parse(_source(module))):
            if isinstance(node, ast.ClassDef) and node.name == name:
                return not any(map(_declares, node.body))
    return False


def _source(module: str) -> str:
    """Returns the source of a module without importing it or its packages."""
    name = ""
    folders = None
    for step in module.split("."):
        name = f"{name}.{step}".lstrip(".")
        spec: Any = PathFinder.find_spec(name, folders)
        folders = spec.submodule_search_locations
    source: str = spec.loader.get_source(name)
    return source


def _declares(statement: ast.stmt) -> bool:
    """Returns whether a statement in the body of a class is `loadable = True`."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return False
    return _DECLARATION.fullmatch(ast.unparse(statement)) is not None


def _undeclared(entry: Entry) -> str:
    return (
        f"The {entry.kind} {entry.name} of {entry.distribution} doesn't declare "
        f"`loadable = True`: if you trust it, pass "
        f"custom_objects={{{entry.name!r}: {entry.name}}}."
    )
