"""Checks for plugins: the table of what is published, and who keeps to it."""
