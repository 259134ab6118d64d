"""Callbacks and the progress bar: a plugin of Oneiros."""
