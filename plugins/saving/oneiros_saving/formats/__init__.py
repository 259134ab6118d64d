"""The file formats of models."""
