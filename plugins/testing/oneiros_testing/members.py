"""Public members of layers and models that Keras 1 didn't have, and the tier that may
use them."""

from collections.abc import Mapping

from oneiros_testing.interface import AUTHORING, ENGINE

MEMBERS: dict[str, Mapping[str, str]] = {
    AUTHORING: {
        "argument_config": "the value of a constructor's argument in a "
        "configuration; override it",
        "functional_model": "the `Model` that a Sequential's layers form",
        "graph_nodes": "a model's nodes, each after the nodes of its inputs",
        "keeps_declared_shape": "whether outputs count as having the declared shape",
        "loadable": "whether files may use the class",
        "ordered_weights": "weights in the order of `get_weights`",
        "set_initial_weights": "sets the weights from a constructor",
    },
    ENGINE: {
        "adapter": "turns a user's arrays into batches and streams",
        "begin": "sets the common attributes of layers and models",
        "callback_model": "the Sequential that callbacks see instead of a model",
        "evaluate_stream": "`evaluate` over a stream",
        "fit_options": "checks the common arguments of the fit methods",
        "function_kwargs": "arguments that `compile` passes to `K.function`",
        "predict_stream": "`predict` over a stream",
        "share_graph": "uses a model's graph in a container",
        "step_for": "a compiled function with its learning phase",
        "target_shapes": "required shapes of targets",
        "train": "`fit` over streams",
        "weight_layers": "layers in the order of their weights",
    },
}
"""Names and their purposes, by tier."""

OLDEST_MEMBERS = frozenset({"get_input", "get_output", "params"})
"""Members of Keras 0 layers; using them raises an error with the replacement."""

HOLDERS = ("layer", "model")
"""Endings of the names of variables with layers and models."""


def is_restricted(name: str, tier: str) -> bool:
    """Returns whether a plugin of this tier may not use a member of layers and
    models."""
    return tier == AUTHORING and name in MEMBERS[ENGINE]
