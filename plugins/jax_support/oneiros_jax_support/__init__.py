"""What backends that compute with JAX share: a plugin of Oneiros."""
