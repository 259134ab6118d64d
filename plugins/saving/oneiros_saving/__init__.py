"""Saving and loading models: a plugin of Oneiros."""
