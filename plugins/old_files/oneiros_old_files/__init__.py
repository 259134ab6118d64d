"""Reads files from other versions of Keras: a plugin of Oneiros."""
