"""Optimizers: a plugin of Oneiros."""
