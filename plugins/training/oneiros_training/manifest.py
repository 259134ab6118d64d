"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

SEQUENTIAL = {"Sequential": "oneiros_training.sequential:Sequential"}
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
    "arrays.stream": ("make_batches",),
    "compilation.metrics": ("collect_metrics",),
    "compilation.losses": ("weighted_objective",),
    "generators.queue": ("GeneratorEnqueuer",),
}
"""Names of Keras's `engine.training`, by the module that has them."""
GENERATORS = (
    "fit_generator",
    "evaluate_generator",
    "predict_generator",
    "fit_batches",
    "batches",
)


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The model that configurations name."""
    return SEQUENTIAL


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The modules that models call, and Keras 1's functions in their places."""
    return {
        "arrays": {
            "ArrayAdapter": "oneiros_training.arrays.adapter:ArrayAdapter",
            "ArrayStream": "oneiros_training.arrays.stream:ArrayStream",
        },
        "compilation": {
            "consult": "oneiros_training.compilation.consultation:consult",
            "function_arguments": (
                "oneiros_training.compilation.callables:function_arguments"
            ),
            "plan": "oneiros_training.compilation.plan:plan",
        },
        "engine.training": {
            name: f"oneiros_training.{module}:{name}"
            for module, names in TRAINING.items()
            for name in names
        },
        "generators": {
            name: f"oneiros_training.generators.model_methods:{name}"
            for name in GENERATORS
        },
        "models": SEQUENTIAL,
    }
