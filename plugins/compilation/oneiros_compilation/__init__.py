"""Turns the arguments of `compile` into tensors: a plugin of Oneiros."""
