"""Activation functions: a plugin of Oneiros."""
