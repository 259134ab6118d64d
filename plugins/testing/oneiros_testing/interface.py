"""The published interface: what a plugin may use beyond Keras 1's own names.

Two tiers. *Authoring* is for what people name in a model: layers, losses, optimizers,
callbacks, formats, commands. It stays as it is within an API level, so a plugin
requires the kernel by a range. *Engine* is for what carries models: backends, saving,
generators, profiling. It may change with each version, so a plugin that uses it
requires the kernel, and every plugin it builds on, in one exact version.
"""

from collections.abc import Mapping

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
            "check_int": "integer, of Python or NumPy, as an int",
            "check_optional_int": "the same, or None",
            "check_ints": "several integers as a tuple",
            "check_number": "number, of Python or NumPy, or a tensor",
            "check_fraction": "number between 0 and 1",
            "check_bool": "what counts as true or false, as a bool",
            "check_choice": "one of the values that make sense",
            "int_if_whole": "a float without a fraction as an int; else unchanged",
            "is_int": "tells whether a value is an integer",
            "refusal": "error about an argument's value",
            "label": "how messages name a layer",
            "shown": "how messages show a value",
        },
        "oneiros.backend": "Keras 1's `K`, which backend answers it, and `bound`",
        "oneiros.backend.tensor_state": {
            "StateKey": "state of one's own on tensors, by typed keys",
        },
        "oneiros.datasets.digits": {
            "load_data": "images of digits that need no network",
        },
        "oneiros.datasets.tables": {
            "load_data": "tables of measurements that need no network",
        },
        "oneiros.diagnostics": {
            "find_learning_rate": "loss by learning rate, and the rate to train with",
            "RateSearch": "what `find_learning_rate` returns",
            "overfit_batch": "trains on one batch until it is learned by heart",
            "OverfitCheck": "what `overfit_batch` returns",
            "weight_statistics": "what weights and their gradients are like",
            "WeightStatistics": "what it returns for each weight",
            "estimate_memory": "what training a model takes of memory",
            "MemoryEstimate": "what `estimate_memory` returns",
            "preserved": "block after which a model is as it was before",
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
        "oneiros.file_tools": {
            "inspect_file": "what a file of a model holds, without building anything",
            "Inspection": "what `inspect_file` returns",
            "convert": "writes a model's file for another format, ordering or engine",
        },
        "oneiros.migrations": {
            "Migration": "base class of how files of other versions are read",
            "Keras2Layer": "migration of a layer of Keras 2, made of a table",
            "Origin": "what wrote a file",
            "migrated": "configuration of another version as this one's",
        },
        "oneiros.registry": {
            "resolve": "object registered under a name",
            "find": "who provides a name",
            "names": "all names of a kind",
            "register": "registers an object for this process",
        },
        "oneiros.saving": {
            "Format": "base class of file formats",
            "ModelState": "what a file of a model holds, as plain data",
            "Budget": "what reading a file may cost",
            "provenance": "distribution that an object comes from",
            "parameter_budget": "block in which a configuration may ask for so much",
        },
        "oneiros.settings": {
            "get": "value of a setting",
            "override": "sets values inside a `with` block",
        },
        "oneiros.testing": {
            "check_plugin": "all checks of an installed plugin",
            "check_interface": "uses of what isn't published, in a plugin",
            "check_source": "the same, in a text",
        },
        "oneiros.visualization": {
            "plot": "picture of a model's graph, as a file",
            "model_to_dot": "the graph in Graphviz's language",
            "model_html": "table of a model's layers, for notebooks",
            "plot_history": "curves of losses and metrics",
            "plot_filters": "a layer's filters as images",
            "plot_activations": "a layer's outputs as images",
            "figure_for": "figure of Matplotlib to draw into",
        },
        "oneiros_backend_toolkit.user_warnings": {
            "warn": "warns, and points at the user's line",
        },
        "oneiros_callbacks.ending": {
            "EndingStream": "stream that ends early, to end a training after a batch",
        },
        "oneiros_callbacks.nan": {
            "NaNWarning": "warns of a loss that becomes NaN; every fit has one",
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
        "oneiros_old_files.base": "`Migration`: how a class of other versions is read",
        "oneiros_old_files.configs": "configurations of other versions",
        "oneiros_old_files.convolution_kernels": "migrations of layers with kernels",
        "oneiros_old_files.keras2": "migrations of layers of Keras 2, made of tables",
        "oneiros_old_files.moves": "where values are after a change of `dim_ordering`",
        "oneiros_old_files.stored_functions": "functions that configurations name",
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
        "oneiros.engine.hints": {
            "open_to_old_code": "decorator of what code of other versions calls "
            "otherwise",
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
        "oneiros.generators": {
            "batches": "stream of the batches that a user's object makes",
        },
        "oneiros.load_context": "what holds while a file is loaded",
        "oneiros.modules": {
            "patched": "what the program itself set in a module of Keras",
        },
        "oneiros.old_code": {
            "without_dropped": "arguments without those that Keras dropped",
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
        "oneiros_backend_theano.draw": {
            "held_counters": "what keeps a function's random draws the same",
        },
        "oneiros_backend_theano.evaluation": {
            "is_for_pytensor": "whether the backend leaves variables to PyTensor",
        },
        "oneiros_backend_theano.operations": {
            "sizes": "sizes of a tensor's axes, ints where they are known",
        },
        "oneiros_backend_theano.variables": {
            "SharedTensor": "PyTensor's shared variable, which hands out NumPy arrays",
        },
        "oneiros_backend_toolkit": "functions of `K` in terms of a few primitives",
        "oneiros_cli.output": "where commands print their reports",
        "oneiros_cli.text": "texts of strangers, fit for a terminal",
        "oneiros_initializations.postponed": "initial values drawn when first needed",
        "oneiros_jax_support": "what backends that compute with JAX share",
        "oneiros_lazy_graph": "lazy nodes, for backends on eager engines",
        "oneiros_model_parts": "what a model consists of: layers, variables, weights",
        "oneiros_native_convolution.gradient": {
            "kernel_gradient": "machine code for a derivative; it may be absent",
        },
        "oneiros_old_files": "what other versions wrote, beyond one class",
        "oneiros_safe_files": "reading and writing files under limits",
        "oneiros_sequential.sequential": {
            "Sequential": "model that is a list of layers; users: oneiros.models",
        },
        "oneiros_saving": "saving and loading models",
        "oneiros_testing": "checks of plugins",
    },
}
