"""Metrics: a plugin of Oneiros."""
