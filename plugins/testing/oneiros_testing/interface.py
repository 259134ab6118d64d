"""The published interface: names that plugins may use beyond Keras 1's own.

There are two tiers. *Authoring* is for the parts that users name in a model: layers,
losses, optimizers, callbacks, formats and commands. It stays stable within an API
level, so such a plugin requires a range of kernel versions. *Engine* is for the parts
that run models: backends, saving, generators and profiling. It may change with each
version, so such a plugin requires exact versions of the kernel and of every plugin on
which it builds.
"""

from collections.abc import Mapping

AUTHORING = "authoring"
ENGINE = "engine"
Names = str | Mapping[str, str]
"""The published names of a module: one line per name, or one line for all public
names."""

TABLES: dict[str, dict[str, Names]] = {
    AUTHORING: {
        "oneiros": {
            "export": "writes a model for another library",
            "hookimpl": "marks a manifest's function as the implementation of a hook",
            "set_seed": "makes a run reproducible, like `numpy.random.seed`",
            "__version__": "version of the kernel",
        },
        "oneiros.arguments": {
            "check_int": "accepts an integer of Python or NumPy; returns an int",
            "check_optional_int": "the same, but also accepts None",
            "check_ints": "accepts several integers; returns a tuple",
            "check_number": "accepts a number of Python or NumPy, or a tensor",
            "check_fraction": "accepts a number between 0 and 1",
            "check_bool": "accepts a truth value; returns a bool",
            "check_choice": "accepts one of the allowed values",
            "int_if_whole": "converts a float without a fraction to an int",
            "is_int": "whether a value is an integer",
            "refusal": "the error for an argument's wrong value",
            "label": "a layer's name in messages",
            "shown": "a value's text in messages",
        },
        "oneiros.backend": "Keras 1's `K`, the choice of the backend, and `bound`",
        "oneiros.backend.tensor_state": {
            "StateKey": "typed key for your own state on tensors"
        },
        "oneiros.datasets.digits": {
            "load_data": "images of digits that need no network"
        },
        "oneiros.datasets.tables": {
            "load_data": "tables of measurements that need no network"
        },
        "oneiros.diagnostics": {
            "find_learning_rate": "loss by learning rate, with a suggested rate",
            "RateSearch": "result of `find_learning_rate`",
            "overfit_batch": "trains on one batch until the model memorizes it",
            "OverfitCheck": "result of `overfit_batch`",
            "weight_statistics": "statistics of weights and their gradients",
            "WeightStatistics": "its result for each weight",
            "estimate_memory": "memory for training a model",
            "MemoryEstimate": "result of `estimate_memory`",
            "preserved": "context manager that restores a model at its end",
        },
        "oneiros.engine.hints": {
            "open_to_old_code": "decorator of functions that other versions call "
            "with other arguments"
        },
        "oneiros.engine.layer": {
            "Layer": "base class of layers",
            "InputSpec": "a layer's requirements for an input: rank, sizes, type",
        },
        "oneiros.engine.node": {
            "origins": "layers, calls and outputs from which tensors come",
            "to_list": "makes a list from one object or several",
            "unique": "drops duplicates, and keeps the order",
        },
        "oneiros.engine.observer": {
            "Observer": "follows a fit; a callback returns one from `get_observer`",
            "observed_by": "context manager that observes `evaluate` and `predict`",
            "BUILD": "phase: building the training function",
            "UPLOAD": "phase: copying data to the device",
            "DATA": "phase: reading batches, or waiting for them",
            "CALL": "phase: running the compiled function",
            "LOGS": "phase: converting its results to numbers",
            "CALLBACKS": "phase: running callbacks",
            "REST": "phase: anything else",
        },
        "oneiros.engine.loop": {
            "Fit": "settings of a fit that a callback's `prepare_fit` may change"
        },
        "oneiros.engine.stream": {
            "Stream": "base class of sources of batches, for other kinds of data",
            "StreamWrapper": "base class of streams that wrap another stream",
            "Run": "batches for one call of the compiled function",
        },
        "oneiros.bases": {
            "Callback": "base class of callbacks",
            "Rebuilt": "base class of attributes that copies and pickles recreate",
        },
        "oneiros.config": {
            "building": "context for building an object from its configuration",
            "get_object": "returns the object for a name or a configuration",
            "layer_from_config": "builds a layer from its configuration",
            "custom_object_scope": "lets configurations name objects of your own",
            "get_custom_objects": "objects that configurations may name everywhere",
            "known_objects": "objects that configurations may name now",
            "check_loadable": "refuses a class that files may not use",
            "count_weight": "counts a weight against a file's limits",
            "count_call": "counts a call or an unrolled step against them",
        },
        "oneiros.errors": "errors to raise and catch",
        "oneiros.exports": {
            "Export": "base class of ways to write a model for another library",
            "ExportError": "a model can't be written, or computes something else",
            "Port": "input or output of a file",
            "Refusal": "part of a model without an exact counterpart",
            "Report": "result of `oneiros.export`",
            "Written": "what a way has written",
            "export": "the same as `oneiros.export`",
        },
        "oneiros.file_tools": {
            "inspect_file": "contents of a model file, without building anything",
            "Inspection": "result of `inspect_file`",
            "convert": "converts a model file to another format, ordering or engine",
            "export_file": "converts a model file to a file for another library",
        },
        "oneiros.migrations": {
            "Migration": "base class that reads a class from other versions' files",
            "Keras2Layer": "migration of a layer of Keras 2, described by a table",
            "Origin": "the program that wrote a file",
            "migrated": "converts a configuration of another version",
        },
        "oneiros.registry": {
            "resolve": "the object registered under a name",
            "find": "the provider of a name",
            "names": "all names of a kind",
            "register": "registers an object for this process",
        },
        "oneiros.saving": {
            "Format": "base class of file formats",
            "ModelState": "contents of a model file as plain data",
            "Budget": "limits for reading a file",
            "provenance": "distribution from which an object comes",
            "parameter_budget": "context manager that limits a configuration",
        },
        "oneiros.settings": {
            "get": "value of a setting",
            "override": "sets values inside a `with` block",
        },
        "oneiros.testing": {
            "check_plugin": "all checks of an installed plugin",
            "check_interface": "uses of unpublished names in a plugin",
            "check_source": "the same for a source text",
        },
        "oneiros.visualization": {
            "plot": "picture of a model's graph, as a file",
            "model_to_dot": "the graph in Graphviz's language",
            "model_html": "table of a model's layers, for notebooks",
            "plot_history": "curves of losses and metrics",
            "plot_filters": "a layer's filters as images",
            "plot_activations": "a layer's outputs as images",
            "figure_for": "Matplotlib figure to draw on",
        },
        "oneiros_backend_toolkit.user_warnings": {
            "warn": "warns, and points at the user's line"
        },
        "oneiros_callbacks.ending": {
            "EndingStream": "stream that can end a training run after any batch"
        },
        "oneiros_callbacks.nan": {
            "NaNWarning": "warns of a loss that becomes NaN; every fit has one"
        },
        "oneiros_layers_core.affine": "base class of layers that multiply by a "
        "weight matrix and add a bias",
        "oneiros_layers_core.spatial": "sizes, borders and orderings of images",
        "oneiros_optimizers.optimizer": {
            "Optimizer": "base class of optimizers, also in oneiros.optimizers"
        },
        "oneiros_activations.engine_functions": {
            "Place": "where a program passes a function",
            "check_engine": "rejects functions that can't take tensors",
        },
        "oneiros_initializations.postponed": {
            "initialized": "a variable whose initial values a load may leave out"
        },
        "oneiros_constraints.constraint": {
            "Constraint": "base class of constraints, also in oneiros.constraints"
        },
        "oneiros_regularizers.regularizer": {
            "Regularizer": "base class of regularizers, also in oneiros.regularizers"
        },
        "oneiros_old_files.base": "`Migration`: reads a class from other versions",
        "oneiros_old_files.configs": "configurations of other versions",
        "oneiros_old_files.convolution_kernels": "migrations of layers with kernels",
        "oneiros_old_files.keras2": "migrations of layers of Keras 2, from tables",
        "oneiros_old_files.keras3": "layers of Keras 3 that compute the same",
        "oneiros_old_files.moves": "values after a change of `dim_ordering`",
        "oneiros_old_files.stored_functions": "functions that configurations name",
    },
    ENGINE: {
        "oneiros.backend.contract": {
            "Backend": "base class of backends",
            "FLAGS": "capabilities without functions, with their meaning",
            "CAPABILITIES": "all capabilities",
            "draw_seed": "seed of a random operation",
            "functions": "functions of `K`, by name",
            "functions_of": "functions of a capability",
            "missing": "functions that a backend class must still define",
        },
        "oneiros.backend.common": "settings of `K` that don't need a backend",
        "oneiros.backend.dispatch": {
            "backend_of": "backend on which a layer, model or optimizer was built"
        },
        "oneiros.backend.tensor_state": {
            "LAYER_CALL": "layer and inputs of the call that made a tensor",
            "SPARSE": "whether a tensor was made as a sparse one",
        },
        "oneiros.config": {
            "KERAS_VERSION": "Keras version for which files are written",
            "FUNCTION_KINDS": "kinds that are functions, stored by name",
            "registered": "entry that registers a function",
        },
        "oneiros.engine.callbacks": {"CallbackList": "calls several callbacks"},
        "oneiros.engine.container": {
            "Container": "graph of layers, without training",
            "entry_of": "a layer's entry in the configuration of a graph",
            "get_source_inputs": "inputs from which a tensor is computed",
        },
        "oneiros.engine.layer": {"KWARGS": "arguments that every layer accepts"},
        "oneiros.engine.model": {
            "Model": "graph of layers that trains",
            "FitOptions": "arguments of `fit` and `fit_generator`, checked",
        },
        "oneiros.engine.node": {
            "Node": "one call of a layer",
            "one_or_all": "unwraps a list of one object",
        },
        "oneiros.engine.stream": {"Step": "compiled function of a model for one use"},
        "oneiros.generators": {"batches": "stream of the batches of a user's object"},
        "oneiros.load_context": "state during the loading of a file",
        "oneiros.modules": {
            "patched": "attributes that the program set in a module of Keras"
        },
        "oneiros.old_code": {
            "unfit_function": "error for arguments that a function doesn't accept",
            "without_dropped": "arguments without those that Keras removed",
        },
        "oneiros.plugins": {
            "API_LEVELS": "API levels of this kernel",
            "KERNEL": "name of the kernel's distribution",
            "Entry": "name that a distribution provides",
            "PluginRecord": "a plugin's state and contributions",
            "call": "calls a behaviour hook of all plugins",
            "manager": "plugins of this environment",
        },
        "oneiros.registry": {
            "load": "loads the object of an entry",
            "owners": "first-party distributions by the names that they provide",
            "registered": "objects registered in this process",
        },
        "oneiros.services": "what the kernel asks of plugins, with its types",
        "oneiros.settings": {
            "candidates": "all values of a setting, with their sources",
            "distribution_name": "a distribution's normalized name",
        },
        "oneiros_training.arrays": "arrays as data: checks and streams",
        "oneiros_backend_onnx.conversion": {
            "check_opset": "whether onnx knows a version of operators",
            "model_proto": "a model's predictions as a model of ONNX",
            "onnx_model": "the same, for models of any size",
            "names_of_states": "which inputs and outputs are states",
            "rounded_operators": "operators that compute with float32 anyway",
        },
        "oneiros_backend_onnx.files": {
            "DATA_SUFFIX": "ends the name of a file of weights",
            "OnnxModel": "a model of ONNX, and weights that it can't hold",
            "save": "writes and checks a model of ONNX",
        },
        "oneiros_backend_onnx.graphs": {"OPSET": "the version of operators by default"},
        "oneiros_backend_theano.draw": {
            "held_counters": "keeps a function's random draws the same"
        },
        "oneiros_backend_theano.evaluation": {
            "is_for_pytensor": "whether the backend leaves variables to PyTensor"
        },
        "oneiros_backend_theano.operations": {
            "sizes": "sizes of a tensor's axes, ints if known"
        },
        "oneiros_backend_theano.variables": {
            "SharedTensor": "PyTensor's shared variable, with NumPy arrays as values"
        },
        "oneiros_backend_toolkit": "functions of `K` built on a few primitives",
        "oneiros_cli.output": "console for the reports of commands",
        "oneiros_cli.text": "makes untrusted text safe for a terminal",
        "oneiros_initializations.postponed": {
            "Postponed": "initial values drawn on first use"
        },
        "oneiros_jax_support": "shared code of backends that compute with JAX",
        "oneiros_backend_toolkit.lazy_graph": "lazy nodes for eager engines",
        "oneiros_training.parts": "parts of a model: layers, variables, weights",
        "oneiros_jax_support.native_convolution.gradient": {
            "kernel_gradient": "machine code for a derivative; may be absent"
        },
        "oneiros_old_files": "files of other versions, beyond single classes",
        "oneiros_safe_files": "reads and writes files within limits",
        "oneiros_training.sequential": {
            "Sequential": "model that is a list of layers, for users in oneiros.models"
        },
        "oneiros_backend_tensorflow.tensorflow_import": {
            "tf": "TensorFlow, imported without Keras, JAX and log lines"
        },
        "oneiros_exports": "models for other libraries, proven by replay",
        "oneiros_keras3": {
            "hard_sigmoid": "Keras 1's hard sigmoid, registered for Keras 3's files"
        },
        "oneiros_saving": "saving and loading models",
        "oneiros_testing": "checks for plugins",
    },
}
