"""Finds the parts of a model: nested layers, variables and trained weights."""
