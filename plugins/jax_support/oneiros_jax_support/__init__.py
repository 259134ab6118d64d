"""Shared code of backends that compute with JAX: a plugin of Oneiros."""
