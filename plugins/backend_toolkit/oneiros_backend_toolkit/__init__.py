"""Shared code of backends, built on a few primitives, and lazy nodes for eager engines:
a plugin of Oneiros."""
