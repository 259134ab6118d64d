"""Shared code of backends, built on a few primitives: a plugin of Oneiros."""
