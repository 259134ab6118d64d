"""The published interface: what a plugin may use beyond Keras 1's own names.

Two tiers. *Authoring* is for what people name in a model: layers, losses, optimizers,
callbacks, formats, commands. It stays as it is within an API level, so a plugin
requires the kernel by a range. *Engine* is for what carries models: backends, saving,
generators, profiling. It may change with each version, so a plugin that uses it
requires the kernel, and every plugin it builds on, in one exact version.
"""

from collections.abc import Mapping
from functools import lru_cache

from oneiros import registry
from oneiros.plugins import manager

AUTHORING = "authoring"
ENGINE = "engine"
Names = str | Mapping[str, str]
"""What is published of a module: a line for each name, or one for all public names."""

TABLES: dict[str, dict[str, Names]] = {
    AUTHORING: {
        "oneiros": {
            "hookimpl": "marks a function of a manifest that implements a hook",
            "set_seed": "makes a run reproducible, as `numpy.random.seed` does",
            "__version__": "version of the kernel",
        },
        "oneiros.backend": "Keras 1's `K`, and which backend answers it",
        "oneiros.arguments": "checks of constructors' arguments, with errors that say "
        "what was received and expected",
        "oneiros.engine.layer": {
            "Layer": "base class of layers",
            "InputSpec": "what a layer says of an input: rank, sizes, type",
        },
        "oneiros.backend.tensor_state": "state of one's own on tensors, by typed keys",
        "oneiros.engine.node": {
            "origins": "layers, calls and outputs that tensors come from",
            "to_list": "makes a list of one object or of several",
            "unique": "drops what was seen before, and keeps the order",
        },
        "oneiros.bases": {
            "Optimizer": "base class of optimizers",
            "Callback": "base class of callbacks",
            "Regularizer": "base class of regularizers",
            "Constraint": "base class of constraints",
        },
        "oneiros.config": {
            "building": "context for building an object from its configuration",
            "get_object": "builds what a name or a configuration stands for",
            "get_function": "finds a function by its name in a configuration",
            "layer_from_config": "builds a layer from its configuration",
            "custom_object_scope": "lets configurations name objects of your own",
            "get_custom_objects": "the objects that configurations may name everywhere",
            "check_loadable": "refuses a class that files may not have built",
            "count_weight": "counts a weight against what a file may cost",
            "count_call": "counts an inner call against what a file may cost",
            "known_objects": "objects of the caller's own, in a load and outside",
        },
        "oneiros.errors": "errors to raise and to catch",
        "oneiros.registry": {
            "resolve": "object registered under a name",
            "find": "who provides a name",
            "names": "all names of a kind",
            "register": "registers an object for this process",
            "provenance": "distribution that an object comes from",
        },
        "oneiros.settings": {
            "get": "value of a setting",
            "override": "sets values inside a `with` block",
        },
        "oneiros_layers_core.affine": "base of layers that multiply by a matrix of "
        "weights and add a bias",
        "oneiros_layers_core.spatial": "sizes, borders and orderings of images",
        "oneiros_old_files": "how files of other versions are read",
    },
    ENGINE: {
        "oneiros.backend.contract": "what a backend must, and may, compute",
        "oneiros.backend.common": "names of `K` that need no backend",
        "oneiros.backend.dispatch": {
            "backend_of": "backend that a layer, a model or an optimizer was built on",
        },
        "oneiros.backend.function": "what `K.function` returns",
        "oneiros.config": "building from configurations, and what that may cost",
        "oneiros.engine.callbacks": "the list of callbacks that a loop tells",
        "oneiros.engine.container": "graphs of layers, and how they are walked",
        "oneiros.engine.data": "checks of arrays that are passed to a model",
        "oneiros.engine.loop": "the loops of training, and what callbacks may change "
        "before one begins",
        "oneiros.engine.model": "models that train",
        "oneiros.engine.node": "how layers are connected",
        "oneiros.engine.observer": "who is told what a fit or a prediction is doing",
        "oneiros.engine.sequential": "models that are a list of layers",
        "oneiros.engine.stream": "what the loops go over: base of streams, and those of "
        "arrays",
        "oneiros.load_context": "what holds while a file is loaded",
        "oneiros.plugins": "the plugins of this environment, and their records",
        "oneiros.registry": "names, and what provides them",
        "oneiros.settings": "settings and their sources",
        "oneiros_backend_toolkit": "functions of `K` in terms of a few primitives",
        "oneiros_initializations.postponed": "initial values drawn when first needed",
        "oneiros_jax_support": "what backends that compute with JAX share",
        "oneiros_lazy_graph": "lazy nodes, for backends on eager engines",
        "oneiros_safe_files": "reading and writing files under limits",
        "oneiros_saving": "models as states, and states as files",
        "oneiros_cli.text": "texts of strangers, fit for a terminal",
        "oneiros_testing": "checks of plugins",
    },
}

KERAS_PRIVATE = {
    "_collected_trainable_weights",
    "_keras_history",
    "_keras_shape",
    "_uses_learning_phase",
    "_make_predict_function",
    "_make_test_function",
    "_make_train_function",
}
"""Names with an underscore that code for Keras 1 uses."""


def is_published(path: str, tier: str) -> bool:
    """Tells whether a plugin of this tier may use a dotted path, such as
    `oneiros.engine.layer.Layer`."""
    if any(is_private(part) for part in path.split(".")):
        return False
    tables = [TABLES[AUTHORING]]
    if tier == ENGINE:
        tables.append(TABLES[ENGINE])
    return _is_contributed(path) or any(_lists(table, path) for table in tables)


def tier_of(path: str) -> str | None:
    """Returns the lowest tier that a dotted path belongs to, None if it isn't
    published."""
    for tier in (AUTHORING, ENGINE):
        if is_published(path, tier):
            return tier
    return None


def is_private(name: str) -> bool:
    """Tells whether a name starts with one underscore, and isn't one of Keras 1's."""
    dunder = name.startswith("__")
    return name.startswith("_") and not dunder and name not in KERAS_PRIVATE


def _lists(table: dict[str, Names], path: str) -> bool:
    """Tells whether a table lists a module, a package around one, or a name in one."""
    for module, names in table.items():
        if f"{module}.".startswith(f"{path}."):
            return True
        if path.startswith(f"{module}."):
            name = path.removeprefix(f"{module}.").partition(".")[0]
            if isinstance(names, str) or name in names:
                return True
    return False


def _is_contributed(path: str) -> bool:
    """Tells whether a path is a module made of what plugins contribute, a name in one,
    or an attribute of what that stands for."""
    top, _, rest = path.partition(".")
    if top != "oneiros":
        return False
    names = _contributed_names()
    parts = rest.split(".")
    prefixes = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    is_module = any(name.startswith(f"{rest}.") for name in names)
    return is_module or not names.isdisjoint(prefixes)


@lru_cache
def _contributed_names() -> frozenset[str]:
    """Returns the names that plugins contribute to modules below `oneiros`, with the
    modules' paths: of installed plugins and, by the index of owners, of all first-party
    ones."""
    names = set(registry.owners()["module"])
    for module, table in manager().modules.items():
        names.update(f"{module}.{name}" for name in table)
    return frozenset(names)
