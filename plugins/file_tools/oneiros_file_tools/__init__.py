"""Inspects and converts model files: a plugin of Oneiros."""
