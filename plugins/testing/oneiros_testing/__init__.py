"""Checks for plugins: what they provide, and what they import."""
