"""Keras's data sets, and small ones that need no network: a plugin of Oneiros."""
