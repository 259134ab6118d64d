"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

_NP_UTILS = (
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
)
_TEST_UTILS = ("get_test_data", "layer_test", "keras_test")
_GENERIC_UTILS = ("get_from_module", "make_tuple", "func_dump", "func_load")
_LAYER_UTILS = ("print_summary", "count_total_params", "convert_all_kernels_in_model")


@hookimpl
def oneiros_services():
    """Models in a terminal."""
    return {"summaries": "oneiros_utils.service:service"}


@hookimpl
def oneiros_modules():
    """Modules of `oneiros.utils`, and parts of two others."""
    return {
        "utils.np_utils": {
            name: f"oneiros_utils.np_utils:{name}" for name in _NP_UTILS
        },
        "utils.test_utils": {
            name: f"oneiros_utils.testing:{name}" for name in _TEST_UTILS
        },
        "utils.generic_utils": {
            name: f"oneiros_utils.generic_utils:{name}" for name in _GENERIC_UTILS
        },
        "utils.layer_utils": {
            name: f"oneiros_utils.layer_utils:{name}" for name in _LAYER_UTILS
        },
    }
