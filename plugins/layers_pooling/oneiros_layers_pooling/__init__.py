"""Pooling in one, two and three dimensions: a plugin of Oneiros."""
