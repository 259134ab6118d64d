"""Resuming interrupted training: a plugin of Oneiros."""
