"""Keras's data sets, small ones that need no network, and downloads: a plugin of
Oneiros."""
