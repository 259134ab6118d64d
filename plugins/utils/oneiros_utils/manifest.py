"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

NAMES = {
    "generic_utils": ("func_dump", "func_load", "get_from_module", "make_tuple"),
    "layer_utils": (
        "convert_all_kernels_in_model",
        "count_total_params",
        "print_summary",
    ),
    "np_utils": (
        "to_categorical",
        "normalize",
        "binary_logloss",
        "multiclass_logloss",
        "accuracy",
        "probas_to_classes",
        "categorical_probas_to_classes",
        "convert_kernel",
        "conv_output_length",
        "conv_input_length",
    ),
}
"""Names by the module that has them, here and in `keras.utils`."""
TEST_UTILS = ("get_test_data", "keras_test", "layer_test")
"""Those of `keras.utils.test_utils`, whose own name would be that of a test."""

OF_CONFIG = {
    "generic_utils": ("CustomObjectScope", "custom_object_scope", "get_custom_objects"),
    "layer_utils": ("layer_from_config",),
}
"""Names that the kernel has, in `oneiros.config`."""


@hookimpl
def oneiros_services():
    """Models in a terminal."""
    return {"summaries": "oneiros_utils.service:service"}


@hookimpl
def oneiros_modules():
    """Modules of `oneiros.utils`, and parts of two others."""
    modules = {
        f"utils.{module}": {name: f"oneiros_utils.{module}:{name}" for name in names}
        for module, names in NAMES.items()
    }
    for module, names in OF_CONFIG.items():
        modules[f"utils.{module}"] |= {name: f"oneiros.config:{name}" for name in names}
    modules["utils.test_utils"] = {
        name: f"oneiros_utils.testing:{name}" for name in TEST_UTILS
    }
    return modules
