"""Inspects and converts model files."""
