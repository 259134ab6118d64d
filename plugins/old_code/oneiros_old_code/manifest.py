"""Manifest: what this plugin offers, by reference, importing nothing."""

from oneiros import hookimpl

SERVICES = {
    "check_layer_arguments": "oneiros_old_code.arguments:check_layer_arguments",
    "known_arguments": "oneiros_old_code.arguments:known_arguments",
    "without_dropped": "oneiros_old_code.arguments:without_dropped",
    "gone": "oneiros_old_code.attributes:gone",
    "defines_get_output": "oneiros_old_code.attributes:defines_get_output",
    "run_own_loop": "oneiros_old_code.own_loops:run_own_loop",
    "missing_name": "oneiros_old_code.missing:missing_name",
    "fit_loop": "oneiros_old_code.private_loops:fit_loop",
    "test_loop": "oneiros_old_code.private_loops:test_loop",
    "predict_loop": "oneiros_old_code.private_loops:predict_loop",
    "standardize_user_data": "oneiros_old_code.private_loops:standardize_user_data",
}
"""What the kernel asks for."""

ORIGINS = {
    "K": "oneiros:backend",
    "Container": "oneiros.engine.container:Container",
    "InputSpec": "oneiros.engine.layer:InputSpec",
    "Layer": "oneiros.engine.layer:Layer",
    "Node": "oneiros.engine.node:Node",
    "get_source_inputs": "oneiros.engine.container:get_source_inputs",
    "Merge": "oneiros.engine.topology:Merge",
    "Progbar": "oneiros.utils.generic_utils:Progbar",
    "cbks": "oneiros:callbacks",
    "conv_input_length": "oneiros.utils.np_utils:conv_input_length",
    "conv_output_length": "oneiros.utils.np_utils:conv_output_length",
    "convert_kernel": "oneiros.utils.np_utils:convert_kernel",
    "func_dump": "oneiros.utils.generic_utils:func_dump",
    "func_load": "oneiros.utils.generic_utils:func_load",
    "get_from_module": "oneiros.utils.generic_utils:get_from_module",
    "metrics_module": "oneiros:metrics",
    "optimizer_from_config": "oneiros.optimizers:optimizer_from_config",
}
"""Where names come from that Keras 1's modules imported from each other."""

MODULES = (
    "activations callbacks constraints initializations metrics models "
    "objectives optimizers regularizers"
)
"""Modules of Keras that its others imported."""

IMPORTED = {
    "activations": "K get_from_module",
    "callbacks": "K OrderedDict Progbar csv deque json np os time warnings",
    "constraints": "K get_from_module",
    "engine.topology": "K copy func_dump func_load "
    "inspect json np os python_types sys warnings zip",
    "engine.training": "Container K Progbar cbks copy metrics_module "
    "multiprocessing np objectives optimizers queue threading time warnings",
    "initializations": "K get_from_module np",
    "layers.advanced_activations": "K Layer initializations np",
    "layers.convolutional": "K InputSpec Layer activations constraints "
    "conv_input_length conv_output_length functools initializations np regularizers",
    "layers.convolutional_recurrent": "K InputSpec Layer activations "
    "conv_output_length initializations np regularizers warnings",
    "layers.core": "K activations constraints copy func_dump func_load "
    "get_from_module initializations inspect np python_types regularizers warnings",
    "layers.embeddings": "K Layer activations constraints initializations regularizers",
    "layers.local": "K InputSpec Layer activations conv_output_length constraints "
    "initializations regularizers",
    "layers.noise": "K Layer np",
    "layers.normalization": "K InputSpec Layer initializations regularizers",
    "layers.pooling": "K InputSpec Layer conv_output_length",
    "layers.recurrent": "K InputSpec Layer activations initializations np regularizers",
    "layers.wrappers": "K InputSpec Layer copy inspect",
    "metrics": "K get_from_module np",
    "models": "K Layer Merge Node copy "
    "get_source_inputs json np optimizer_from_config optimizers os warnings",
    "objectives": "K get_from_module np",
    "optimizers": "K get_from_module warnings zip",
    "regularizers": "K get_from_module warnings",
    "utils.generic_utils": "np python_types sys time",
    "utils.layer_utils": "K convert_kernel get_from_module",
    "utils.np_utils": "K np range zip",
}
"""What else Keras 1.2.2's modules showed, since they had imported it. Code relies on it
after `from keras.layers.core import *`."""

DYNAMIC = {
    "backend": "backend_name",
    "backend.common": "common_name",
    "backend.tensorflow_backend": "tensorflow_backend",
    "backend.theano_backend": "theano_backend",
}
"""Modules whose names depend on the current backend, and functions that know them."""

GRAPH = {"Graph": "oneiros_old_code.graph:Graph"}
LAYERS = {
    "MaskedLayer": "oneiros_old_code.layers:MaskedLayer",
    "TimeDistributedMerge": "oneiros_old_code.layers:TimeDistributedMerge",
}
REMOVED = {
    "layers.core": "AutoEncoder LambdaMerge Siamese",
    "layers.recurrent": "JZS1 JZS2 JZS3",
    "layers.convolutional": "UpSample1D UpSample2D",
}
"""Layers that aren't built any more."""

STANDARDIZING = {
    "standardize_X": "oneiros_old_code.training:standardize_X",
    "standardize_y": "oneiros_old_code.training:standardize_y",
}
THEANO_UTILS = (
    "floatX sharedX shared_zeros shared_ones shared_scalar alloc_zeros_matrix "
    "ndim_tensor ndim_itensor"
)
"""What Keras 0.x had in `keras.utils.theano_utils`."""

STANDARDIZE = "oneiros_array_data.standardize"
WEIGHTS = "oneiros_array_data.weights"
TRAINING = {
    "_batch_shuffle": "oneiros.engine.training:batch_shuffle",
    "_check_array_lengths": f"{STANDARDIZE}:check_array_lengths",
    "_check_loss_and_target_compatibility": (
        f"{STANDARDIZE}:check_loss_and_target_compatibility"
    ),
    "_collect_metrics": "oneiros.engine.training:collect_metrics",
    "_make_batches": "oneiros_array_data.stream:make_batches",
    "_masked_objective": "oneiros_old_code.training:masked_objective",
    "_slice_arrays": f"{STANDARDIZE}:slice_X",
    "_standardize_class_weights": f"{WEIGHTS}:standardize_class_weights",
    "_standardize_input_data": f"{STANDARDIZE}:standardize_input_data",
    "_standardize_sample_weights": f"{WEIGHTS}:standardize_sample_weights",
    "_standardize_weights": f"{WEIGHTS}:standardize_weights",
    "_weighted_masked_objective": "oneiros.engine.training:weighted_objective",
    "collect_trainable_weights": "oneiros_old_code.training:collect_trainable_weights",
    "generator_queue": "oneiros_old_code.training:generator_queue",
}
"""Helpers by the names that they had before and after Keras 1.2."""


def _reference(name: str) -> str:
    if name in ORIGINS:
        return ORIGINS[name]
    if name in MODULES.split():
        return f"oneiros:{name}"
    return f"oneiros_old_code.imported:{name}"


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.old_code`, which the kernel calls, and names where code of other
    versions looks for them."""
    tables = {
        path: {name: _reference(name) for name in names.split()}
        for path, names in IMPORTED.items()
    }
    for path, function in DYNAMIC.items():
        tables[path] = {"__getattr__": f"oneiros_old_code.backends:{function}"}
    tables["engine.training"].update(TRAINING)
    tables["models"].update({**GRAPH, **STANDARDIZING})
    tables["layers.core"].update(LAYERS)
    for path, names in REMOVED.items():
        tables[path].update(
            {name: f"oneiros_old_code.removed:{name}" for name in names.split()}
        )
    containers = {**GRAPH, "Sequential": "oneiros.models:Sequential"}
    return {
        **tables,
        "old_code": SERVICES,
        "legacy.models": GRAPH,
        "layers.containers": containers,
        "utils.theano_utils": {
            name: f"oneiros_old_code.theano_utils:{name}"
            for name in THEANO_UTILS.split()
        },
    }
