"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

FORMATS = {"hdf5": "oneiros_format_hdf5.format:HDF5Format"}


@hookimpl
def oneiros_formats() -> dict[str, str]:
    """The format `hdf5`."""
    return FORMATS
