"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

METHODS = (
    "fit_generator",
    "evaluate_generator",
    "predict_generator",
    "fit_batches",
    "batches",
)


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.generators`, and the queue in its place in Keras 1."""
    return {
        "engine.training": {
            "GeneratorEnqueuer": "oneiros_generators.queue:GeneratorEnqueuer"
        },
        "generators": {
            name: f"oneiros_generators.model_methods:{name}" for name in METHODS
        },
    }
