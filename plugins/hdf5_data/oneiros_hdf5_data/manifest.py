"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_modules() -> dict[str, dict[str, str]]:
    """The module `oneiros.utils.io_utils`."""
    arrays = "oneiros_hdf5_data.arrays"
    return {
        "utils.io_utils": {
            "HDF5Matrix": "oneiros_hdf5_data.matrix:HDF5Matrix",
            "save_array": f"{arrays}:save_array",
            "load_array": f"{arrays}:load_array",
            "ask_to_proceed_with_overwrite": (
                f"{arrays}:ask_to_proceed_with_overwrite"
            ),
        }
    }
