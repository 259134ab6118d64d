"""Turns the arguments of `compile` into tensors."""
