"""Manifest: the service of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_services() -> dict[str, str]:
    """What `model.summary()` prints."""
    return {"summaries": "lab_summaries.tables:service"}
