"""The JAX backend: a plugin of Oneiros."""
