"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_exports() -> dict[str, str]:
    """The destination `stablehlo`."""
    return {"stablehlo": "oneiros_export_jax.stablehlo:StableHLOExport"}
