"""Manifest: a library for authors of backends; it gives users no names."""
