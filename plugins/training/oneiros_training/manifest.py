"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

MODELS = {
    "Model": "oneiros_training.model:Model",
    "Sequential": "oneiros_training.sequential:Sequential",
}
TRAINING = {
    "arrays.standardize": (
        "standardize_input_data",
        "check_array_lengths",
        "check_loss_and_target_compatibility",
        "slice_X",
    ),
    "arrays.sample_weights": (
        "standardize_sample_or_class_weights",
        "standardize_class_weights",
        "standardize_sample_weights",
        "standardize_weights",
    ),
    "arrays.array_stream": ("make_batches",),
    "compilation.metrics": ("collect_metrics",),
    "compilation.losses": ("weighted_objective",),
    "generators.queue": ("GeneratorEnqueuer",),
    "model": ("Model",),
}
"""Names of Keras's `engine.training`, by the module that has them."""


@hookimpl
def oneiros_layers():
    """The models that configurations name."""
    return MODELS


@hookimpl
def oneiros_modules():
    """Keras 1's functions in their places."""
    return {
        "engine": {"Model": MODELS["Model"]},
        "engine.training": {
            name: f"oneiros_training.{module}:{name}"
            for module, names in TRAINING.items()
            for name in names
        }
        | {"batch_shuffle": "oneiros.engine.loops:batch_shuffle"},
        "models": MODELS,
    }
