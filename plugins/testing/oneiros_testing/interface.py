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
        "oneiros.arguments": {
            "check_int": "whole number, of Python or NumPy, as an int",
            "check_optional_int": "the same, or None",
            "check_ints": "several whole numbers as a tuple",
            "check_fraction": "number between 0 and 1",
            "check_choice": "one of the values that make sense",
            "function_name": "name by which a configuration holds a function",
            "whole": "a float without a fraction as an int, where Keras 1 takes one",
            "is_int": "tells whether a value is a whole number",
            "refusal": "error about an argument's value",
            "label": "how messages name a layer",
            "shown": "how messages show a value",
        },
        "oneiros.backend": "Keras 1's `K`, which backend answers it, and `bound`",
        "oneiros.backend.tensor_state": {
            "StateKey": "state of one's own on tensors, by typed keys",
        },
        "oneiros.engine.layer": {
            "Layer": "base class of layers",
            "InputSpec": "what a layer says of an input: rank, sizes, type",
        },
        "oneiros.engine.node": {
            "origins": "layers, calls and outputs that tensors come from",
            "to_list": "makes a list of one object or of several",
            "unique": "drops what was seen before, and keeps the order",
        },
        "oneiros.engine.observer": {
            "Observer": "is told what a fit does; a callback returns one from "
            "`get_observer`",
            "observed_by": "block in which `evaluate` and `predict` tell an observer",
            "BUILD": "phase: the training function is made",
            "UPLOAD": "phase: data is copied to the device",
            "DATA": "phase: batches are read, or waited for",
            "CALL": "phase: the compiled function runs",
            "LOGS": "phase: its results become numbers",
            "CALLBACKS": "phase: a callback is told something",
            "REST": "phase: anything else",
        },
        "oneiros.engine.loop": {
            "Fit": "what a callback's `prepare_fit` may change before training",
        },
        "oneiros.engine.stream": {
            "Stream": "base class of what loops go over, for data of other kinds",
            "StreamWrapper": "base class of what goes over another stream",
            "Run": "batches that are computed in one call",
        },
        "oneiros.bases": {
            "Callback": "base class of callbacks",
            "Rebuilt": "base class of what copies and pickles make anew",
        },
        "oneiros.config": {
            "building": "context for building an object from its configuration",
            "get_object": "builds what a name or a configuration stands for",
            "layer_from_config": "builds a layer from its configuration",
            "custom_object_scope": "lets configurations name objects of your own",
            "get_custom_objects": "objects that configurations may name everywhere",
            "known_objects": "objects that configurations may name here and now",
            "check_loadable": "refuses a class that files may not have built",
            "count_weight": "counts a weight against what a file may ask for",
            "count_call": "counts a call or an unrolled step against it",
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
        "oneiros_optimizers.optimizer": {
            "Optimizer": "base class of optimizers, as oneiros.optimizers has it",
        },
        "oneiros_constraints.constraint": {
            "Constraint": "base class of constraints, as oneiros.constraints has it",
        },
        "oneiros_regularizers.regularizer": {
            "Regularizer": "base class of regularizers, as oneiros.regularizers has it",
        },
        "oneiros_old_files": "how files of other versions are read",
    },
    ENGINE: {
        "oneiros.backend.contract": {
            "Backend": "base class of backends",
            "FLAGS": "capabilities that bring no function, and what they mean",
            "CAPABILITIES": "all capabilities",
            "draw_seed": "seed of a random operation",
            "functions": "functions of `K`, by name",
            "functions_of": "functions that a capability brings",
            "missing": "functions that a class of a backend must still define",
        },
        "oneiros.backend.common": "settings of `K` that need no backend",
        "oneiros.backend.dispatch": {
            "backend_of": "backend that a layer, a model or an optimizer was built on",
        },
        "oneiros.backend.tensor_state": {
            "LAYER_CALL": "layer and inputs whose call made a tensor",
            "SPARSE": "whether a tensor was made as a sparse one",
        },
        "oneiros.config": {
            "KERAS_VERSION": "version of Keras that files are written for",
            "FUNCTION_KINDS": "kinds that are functions, held by their names",
            "registered": "entry that a function is registered by",
        },
        "oneiros.engine.callbacks": {
            "CallbackList": "tells several callbacks",
        },
        "oneiros.engine.container": {
            "Container": "graph of layers, without training",
            "entry_of": "what a configuration holds of one layer of a graph",
            "get_source_inputs": "inputs that a tensor is computed from",
        },
        "oneiros.engine.layer": {
            "KWARGS": "arguments that every layer takes",
        },
        "oneiros.engine.model": {
            "Model": "graph of layers that trains",
            "FitOptions": "arguments of `fit` and `fit_generator`, checked",
        },
        "oneiros.engine.node": {
            "Node": "one call of a layer",
            "one_or_all": "makes one object of a list of one",
        },
        "oneiros.engine.stream": {
            "Step": "compiled function of a model for one use",
        },
        "oneiros.load_context": "what holds while a file is loaded",
        "oneiros.modules": {
            "patched": "what the program itself set in a module of Keras",
        },
        "oneiros.plugins": {
            "API_LEVELS": "API levels of this kernel",
            "KERNEL": "name of the kernel's distribution",
            "Entry": "name that a distribution provides",
            "PluginRecord": "what is known of a plugin",
            "call": "calls a behaviour hook of all plugins",
            "manager": "plugins of this environment",
        },
        "oneiros.registry": {
            "load": "object of an entry",
            "owners": "first-party distributions by what they provide",
            "registered": "objects that were registered in this process",
        },
        "oneiros.settings": {
            "candidates": "every value of a setting, with its source",
            "distribution_name": "normal form of a distribution's name",
        },
        "oneiros_array_data": "arrays as data: their checks and their stream",
        "oneiros_backend_toolkit": "functions of `K` in terms of a few primitives",
        "oneiros_cli.output": "where commands print their reports",
        "oneiros_cli.text": "texts of strangers, fit for a terminal",
        "oneiros_initializations.postponed": "initial values drawn when first needed",
        "oneiros_jax_support": "what backends that compute with JAX share",
        "oneiros_lazy_graph": "lazy nodes, for backends on eager engines",
        "oneiros_native_convolution.gradient": {
            "kernel_gradient": "machine code for a derivative; it may be absent",
        },
        "oneiros_safe_files": "reading and writing files under limits",
        "oneiros_sequential.sequential": {
            "Sequential": "model that is a list of layers; users: oneiros.models",
        },
        "oneiros_saving": "models as states, and states as files",
        "oneiros_testing": "checks of plugins",
    },
}

KERAS_PRIVATE = {
    "_collected_trainable_weights",
    "_fit_loop",
    "_keras_history",
    "_keras_shape",
    "_uses_learning_phase",
    "_make_predict_function",
    "_make_test_function",
    "_make_train_function",
    "_predict_loop",
    "_test_loop",
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
