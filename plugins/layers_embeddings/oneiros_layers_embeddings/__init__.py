"""The Embedding layer: a plugin of Oneiros."""
