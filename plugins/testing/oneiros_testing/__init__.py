"""Checks for plugins: the table of published names, and a check that plugins respect
it."""
