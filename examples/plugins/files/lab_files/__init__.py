"""Queries of DuckDB, NumPy's archives and ONNX Runtime's files: a plugin of Oneiros."""
