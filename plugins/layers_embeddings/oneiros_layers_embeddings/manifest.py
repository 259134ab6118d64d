"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

LAYERS = {"Embedding": "oneiros_layers_embeddings.embedding:Embedding"}


@hookimpl
def oneiros_layers():
    """The layers by name."""
    return LAYERS


@hookimpl
def oneiros_modules():
    """The module `oneiros.layers.embeddings`."""
    return {"layers.embeddings": LAYERS}
