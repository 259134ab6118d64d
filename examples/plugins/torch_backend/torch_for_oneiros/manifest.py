"""Manifest: the names of this plugin, by reference. PyTorch isn't imported here."""

from oneiros import hookimpl


@hookimpl
def oneiros_backends() -> dict[str, str]:
    """The PyTorch backend."""
    return {"torch": "torch_for_oneiros.backend:TorchBackend"}
