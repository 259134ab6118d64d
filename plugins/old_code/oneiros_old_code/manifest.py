"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

ORIGINS = {
    "K": "oneiros:backend",
    "Input": "oneiros.layers:Input",
    "Model": "oneiros.models:Model",
    "Sequential": "oneiros.models:Sequential",
    "URLError": "urllib.error:URLError",
    "Wrapper": "oneiros.layers.wrappers:Wrapper",
    "ask_to_proceed_with_overwrite": (
        "oneiros.utils.io_utils:ask_to_proceed_with_overwrite"
    ),
    "assert_allclose": "numpy.testing:assert_allclose",
    "convert_all_kernels_in_model": (
        "oneiros.utils.layer_utils:convert_all_kernels_in_model"
    ),
    "get_file": "oneiros.utils.data_utils:get_file",
    "linalg": "scipy:linalg",
    "load_batch": "oneiros.datasets.cifar:load_batch",
    "maketrans": "builtins:str.maketrans",
    "model_from_json": "oneiros.models:model_from_json",
    "ndi": "scipy:ndimage",
    # PIL itself doesn't import its module Image; this one does.
    "pil_image": "PIL.ImageOps:Image",
    "to_categorical": "oneiros.utils.np_utils:to_categorical",
    "urlopen": "urllib.request:urlopen",
    "urlretrieve": "urllib.request:urlretrieve",
    "Container": "oneiros.engine.container:Container",
    "HTTPError": "urllib.error:HTTPError",
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
"""The origin of names that Keras 1's modules imported, mostly from each other."""

LAYERS_IMPORTED = (
    "Activation AveragePooling2D BatchNormalization Convolution2D Dense Dropout ELU "
    "Flatten GRU GlobalAveragePooling2D MaxPooling2D Permute Reshape "
    "SeparableConvolution2D ZeroPadding2D merge"
)
"""Layers that Keras 1's networks imported."""

MODULES = (
    "activations callbacks constraints initializations metrics models "
    "objectives optimizers regularizers"
)
"""Modules of Keras that its other modules imported."""

NETWORK = (
    "Dense K Model convert_all_kernels_in_model get_file get_source_inputs warnings"
)
"""Names that Keras 1's networks imported."""

IMPORTED = {
    "applications.audio_conv_utils": "K np",
    "applications.imagenet_utils": "K get_file json np",
    "applications.inception_v3": f"{NETWORK} AveragePooling2D BatchNormalization "
    "Convolution2D Flatten Input MaxPooling2D merge",
    "applications.music_tagger_crnn": "BatchNormalization Convolution2D Dense Dropout "
    "ELU GRU Input K MaxPooling2D Model Permute Reshape ZeroPadding2D "
    "convert_all_kernels_in_model get_file np",
    "applications.resnet50": f"{NETWORK} Activation AveragePooling2D "
    "BatchNormalization Convolution2D Flatten Input MaxPooling2D ZeroPadding2D merge",
    "applications.vgg16": f"{NETWORK} Convolution2D Flatten Input MaxPooling2D",
    "applications.vgg19": f"{NETWORK} Convolution2D Flatten Input MaxPooling2D",
    "applications.xception": f"{NETWORK} Activation BatchNormalization Convolution2D "
    "GlobalAveragePooling2D Input MaxPooling2D SeparableConvolution2D merge",
    "datasets.cifar": "range sys",
    "datasets.cifar10": "K get_file load_batch np os",
    "datasets.cifar100": "K get_file load_batch np os",
    "datasets.imdb": "get_file gzip np sys zip",
    "datasets.mnist": "get_file gzip sys",
    "datasets.reuters": "get_file np sys zip",
    "preprocessing.image": "K linalg ndi np os pil_image range re threading warnings",
    "preprocessing.sequence": "np random range",
    "preprocessing.text": "maketrans np range string sys zip",
    "utils.data_utils": "HTTPError Progbar URLError functools hashlib os "
    "shutil sys tarfile urlopen urlretrieve",
    "utils.io_utils": "defaultdict np sys",
    "utils.test_utils": "Input K Model Sequential assert_allclose functools inspect "
    "model_from_json np",
    "utils.visualize_util": "Sequential Wrapper os",
    "wrappers.scikit_learn": "Sequential copy inspect np to_categorical types",
    "activations": "K get_from_module",
    "callbacks": "Iterable K OrderedDict Progbar csv deque json np os time warnings",
    "constraints": "K get_from_module",
    "engine.topology": "K ask_to_proceed_with_overwrite copy func_dump func_load "
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
    "models": "K Layer Merge Node ask_to_proceed_with_overwrite copy "
    "get_source_inputs json np optimizer_from_config optimizers os warnings",
    "objectives": "K get_from_module np",
    "optimizers": "K get_from_module warnings zip",
    "regularizers": "K get_from_module warnings",
    "utils.generic_utils": "np python_types sys time",
    "utils.layer_utils": "K Model Sequential convert_kernel get_from_module",
    "utils.np_utils": "K np range zip",
}
"""Other names that were visible in Keras 1.2.2's modules because they imported them.
Code relies on them after `from keras.layers.core import *`; `dir` omits them."""
IMPORTED["layers"] = " ".join(
    names for path, names in IMPORTED.items() if path.startswith("layers.")
)
PACKAGES = {
    "callbacks": "requests",
    "engine.topology": "yaml",
    "engine.training": "six",
    "optimizers": "six",
    "utils.generic_utils": "six",
    "utils.io_utils": "h5py",
}
"""Packages that were visible, too, if they are installed."""

DYNAMIC = {
    "backend": "backends:backend_name",
    "backend.common": "backends:common_name",
    "backend.tensorflow_backend": "backends:tensorflow_backend",
    "backend.theano_backend": "backends:theano_backend",
}
"""Modules with names that depend on the current backend, and the functions that resolve
them."""

GRAPH = {"Graph": "oneiros_old_code.graph_model:Graph"}
LAYERS = {
    "MaskedLayer": "oneiros_old_code.layers:MaskedLayer",
    "TimeDistributedMerge": "oneiros_old_code.layers:TimeDistributedMerge",
}
ENGINE_TRAINING = "oneiros_old_code.engine_training"
STANDARDIZING = {
    "standardize_X": f"{ENGINE_TRAINING}:standardize_X",
    "standardize_y": f"{ENGINE_TRAINING}:standardize_y",
}
THEANO_UTILS = (
    "floatX sharedX shared_zeros shared_ones shared_scalar alloc_zeros_matrix "
    "ndim_tensor ndim_itensor"
)
"""The functions of `keras.utils.theano_utils` in Keras 0.x."""

ORDERING = {
    name: f"oneiros_old_code.weight_ordering:{name}"
    for name in ("legacy_weight_ordering", "set_legacy_weight_ordering")
}
STANDARDIZE = "oneiros_training.arrays.standardize"
SAMPLE_WEIGHTS = "oneiros_training.arrays.sample_weights"
TRAINING = {
    "_batch_shuffle": "oneiros.engine.training:batch_shuffle",
    "_check_array_lengths": f"{STANDARDIZE}:check_array_lengths",
    "_check_loss_and_target_compatibility": (
        f"{STANDARDIZE}:check_loss_and_target_compatibility"
    ),
    "_collect_metrics": "oneiros.engine.training:collect_metrics",
    "_make_batches": "oneiros_training.arrays.array_stream:make_batches",
    "_masked_objective": f"{ENGINE_TRAINING}:masked_objective",
    "_slice_arrays": f"{STANDARDIZE}:slice_X",
    "_standardize_class_weights": f"{SAMPLE_WEIGHTS}:standardize_class_weights",
    "_standardize_input_data": f"{STANDARDIZE}:standardize_input_data",
    "_standardize_sample_weights": f"{SAMPLE_WEIGHTS}:standardize_sample_weights",
    "_standardize_weights": f"{SAMPLE_WEIGHTS}:standardize_weights",
    "_weighted_masked_objective": "oneiros.engine.training:weighted_objective",
    "collect_trainable_weights": f"{ENGINE_TRAINING}:collect_trainable_weights",
    "generator_queue": f"{ENGINE_TRAINING}:generator_queue",
}
"""Helpers, by their names before and after Keras 1.2."""


def reference(name: str) -> str:
    """Returns the location of what a name of `IMPORTED` stands for."""
    if name in ORIGINS:
        return ORIGINS[name]
    if name in LAYERS_IMPORTED.split():
        return f"oneiros.layers:{name}"
    if name in MODULES.split():
        return f"oneiros:{name}"
    return f"oneiros_old_code.imported:{name}"


@hookimpl
def oneiros_services():
    """What code for other versions expects of models and layers."""
    return {"old_code": "oneiros_old_code.service:service"}


@hookimpl
def oneiros_modules():
    """Names in the places where code for other versions expects them."""
    functions = {path: f"visible:{path.replace('.', '_')}" for path in IMPORTED}
    tables = {
        path: {"__getattr__": f"oneiros_old_code.{function}"}
        for path, function in (functions | DYNAMIC).items()
    }
    tables["backend"].update(ORDERING)
    tables["engine.training"].update(TRAINING)
    tables["models"].update({**GRAPH, **STANDARDIZING})
    tables["layers.core"].update(LAYERS)
    containers = {**GRAPH, "Sequential": "oneiros.models:Sequential"}
    return {
        **tables,
        "datasets.data_utils": {"get_file": ORIGINS["get_file"]},
        "legacy.models": GRAPH,
        "layers.containers": containers,
        "utils.theano_utils": {
            name: f"oneiros_old_code.theano_utils:{name}"
            for name in THEANO_UTILS.split()
        },
    }
