"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """`oneiros.compilation`, which `compile` calls, and Keras 1's functions in their
    places."""
    return {
        "compilation": {
            "consult": "oneiros_compilation.consultation:consult",
            "function_arguments": "oneiros_compilation.callables:function_arguments",
            "plan": "oneiros_compilation.plan:plan",
        },
        "engine.training": {
            "collect_metrics": "oneiros_compilation.metrics:collect_metrics",
            "weighted_objective": "oneiros_compilation.losses:weighted_objective",
        },
    }
