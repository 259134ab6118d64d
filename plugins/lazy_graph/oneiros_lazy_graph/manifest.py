"""Manifest: a library for authors of backends; it contributes no names."""
