"""Manifest: this plugin offers nothing by name; formats, datasets and utilities import
it."""
