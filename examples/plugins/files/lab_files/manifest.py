"""Manifest: the names of this plugin, by reference."""

from oneiros import hookimpl


@hookimpl
def oneiros_tables() -> dict[str, str]:
    """Queries of DuckDB, by their class."""
    return {"duckdb.DuckDBPyRelation": "lab_files.queries:read_query"}


@hookimpl
def oneiros_formats() -> dict[str, str]:
    """Weights in NumPy's archives."""
    return {"npz": "lab_files.archives:ArchiveFormat"}


@hookimpl
def oneiros_exports() -> dict[str, str]:
    """Files in ONNX Runtime's own format."""
    return {"ort": "lab_files.ort:OrtExport"}
