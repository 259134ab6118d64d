"""Public members of layers and models that Keras 1 didn't have, and who may use
them."""

from collections.abc import Mapping

from oneiros_testing.interface import AUTHORING, ENGINE

MEMBERS: dict[str, Mapping[str, str]] = {
    AUTHORING: {
        "argument_config": "what a configuration holds for an argument of a "
        "constructor, to be overridden",
        "functional_model": "the `Model` that a Sequential's layers form",
        "graph_nodes": "a model's nodes, each behind those that make its inputs",
        "keeps_declared_shape": "whether outputs pass for having the declared shape",
        "loadable": "whether files may have objects of the class built",
        "ordered_weights": "weights in the order of `get_weights`",
        "set_initial_weights": "sets the weights that a constructor was given",
    },
    ENGINE: {
        "adapter": "makes a user's arrays into batches and streams",
        "begin": "sets what layers and models have in common",
        "callback_model": "the Sequential that callbacks know in the place of a model",
        "evaluate_stream": "`evaluate`, over a stream",
        "fit_options": "checks the arguments that methods which fit have in common",
        "function_kwargs": "what `compile` hands on to `K.function`",
        "predict_stream": "`predict`, over a stream",
        "share_graph": "takes a model's graph for a container's own",
        "step_for": "a compiled function with its learning phase",
        "target_shapes": "shapes that targets must have",
        "train": "`fit`, over streams",
        "weight_layers": "layers in the order of their weights",
    },
}
"""Names, and what they are for, by tier."""

OLDEST_MEMBERS = frozenset({"get_input", "get_output", "params"})
"""What layers of Keras 0 had; using it raises an error that says what does it now."""

HOLDERS = ("layer", "model")
"""What names of variables end with that hold layers and models."""


def is_restricted(name: str, tier: str) -> bool:
    """Returns whether a plugin of this tier may not use a member of layers and
    models."""
    return tier == AUTHORING and name in MEMBERS[ENGINE]
