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
"""Functions of `oneiros_tables.frames`, with the classes that each handles."""


@hookimpl
def oneiros_tables() -> dict[str, str]:
    """Tables of pandas, polars, Arrow and Hugging Face."""
    frames = {
        name: f"oneiros_tables.frames:{reader}"
        for reader, names in READERS.items()
        for name in names
    }
    return {
        **frames,
        "datasets.Column": "oneiros_tables.hugging_face:read_column",
        "datasets.Dataset": "oneiros_tables.hugging_face:read_dataset",
    }
