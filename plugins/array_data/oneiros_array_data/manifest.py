"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

CONTENTS = {
    "standardize": (
        "standardize_input_data",
        "check_array_lengths",
        "check_loss_and_target_compatibility",
        "slice_X",
    ),
    "sample_weights": (
        "standardize_sample_or_class_weights",
        "standardize_class_weights",
        "standardize_sample_weights",
        "standardize_weights",
    ),
    "stream": ("make_batches",),
}
"""Names of Keras's `engine.training`, by the module that has them."""


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.arrays`, which models use, and Keras 1's functions in their places."""
    return {
        "arrays": {
            "ArrayAdapter": "oneiros_array_data.adapter:ArrayAdapter",
            "ArrayStream": "oneiros_array_data.stream:ArrayStream",
        },
        "engine.training": {
            name: f"oneiros_array_data.{module}:{name}"
            for module, names in CONTENTS.items()
            for name in names
        },
    }
