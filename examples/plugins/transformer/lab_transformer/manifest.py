"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_layers() -> dict[str, str]:
    """The layers by name."""
    return {
        "EncoderBlock": "lab_transformer.blocks:EncoderBlock",
        "LearnedEncoding": "lab_transformer.places:LearnedEncoding",
        "RotaryAttention": "lab_transformer.rotary:RotaryAttention",
        "SinusoidalEncoding": "lab_transformer.places:SinusoidalEncoding",
    }


@hookimpl
def oneiros_activations() -> dict[str, str]:
    """An activation between dense layers."""
    return {"squared_relu": "lab_transformer.functions:squared_relu"}


@hookimpl
def oneiros_initializations() -> dict[str, str]:
    """An initialization of embeddings and projections."""
    return {"small_normal": "lab_transformer.functions:small_normal"}


@hookimpl
def oneiros_objectives() -> dict[str, str]:
    """A loss with smoothed labels."""
    name = "sparse_smoothed_crossentropy"
    return {name: f"lab_transformer.functions:{name}"}


@hookimpl
def oneiros_metrics() -> dict[str, str]:
    """The metric of language models."""
    return {"sparse_perplexity": "lab_transformer.functions:sparse_perplexity"}


@hookimpl
def oneiros_regularizers() -> dict[str, str]:
    """A penalty on scores."""
    return {"ZLoss": "lab_transformer.bounds:ZLoss"}


@hookimpl
def oneiros_constraints() -> dict[str, str]:
    """A constraint of embeddings."""
    return {"ZeroRow": "lab_transformer.bounds:ZeroRow"}


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.applications.transformer`."""
    return {"applications.transformer": {"tagger": "lab_transformer.taggers:tagger"}}


@hookimpl
def oneiros_migrations() -> dict[str, str]:
    """How a layer in files of version 0.1 is read."""
    return {"LearnedEncoding": "lab_transformer.earlier:LearnedEncodingMigration"}
