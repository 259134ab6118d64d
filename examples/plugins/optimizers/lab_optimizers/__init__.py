"""Optimizers, and optimizers of optimizers: a plugin of Oneiros."""
