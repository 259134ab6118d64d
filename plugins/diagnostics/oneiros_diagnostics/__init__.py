"""Finds problems in training, and estimates memory: a plugin of Oneiros."""
