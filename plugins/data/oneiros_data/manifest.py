"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl

READERS = {
    "read": (
        "narwhals.DataFrame",
        "narwhals.Series",
        "pandas.DataFrame",
        "pandas.Series",
        "polars.DataFrame",
        "polars.Series",
        "pyarrow.ChunkedArray",
        "pyarrow.Table",
    ),
    "read_chunk": ("pyarrow.Array",),
    "read_record_batch": ("pyarrow.RecordBatch",),
    "refuse_query": ("narwhals.LazyFrame", "polars.LazyFrame"),
}
"""Functions of `oneiros_data.tables.frames`, with the classes that each handles."""


@hookimpl
def oneiros_tables():
    """Tables of pandas, polars, Arrow and Hugging Face."""
    frames = {
        name: f"oneiros_data.tables.frames:{reader}"
        for reader, names in READERS.items()
        for name in names
    }
    return {
        **frames,
        "datasets.Column": "oneiros_data.tables.hugging_face:read_column",
        "datasets.Dataset": "oneiros_data.tables.hugging_face:read_dataset",
    }


@hookimpl
def oneiros_modules():
    """The module `oneiros.utils.io_utils`."""
    arrays = "oneiros_data.hdf5.arrays"
    return {
        "utils.io_utils": {
            "HDF5Matrix": "oneiros_data.hdf5.matrix:HDF5Matrix",
            "save_array": f"{arrays}:save_array",
            "load_array": f"{arrays}:load_array",
            "ask_to_proceed_with_overwrite": (
                f"{arrays}:ask_to_proceed_with_overwrite"
            ),
        }
    }
