"""YAML configurations of Keras 1: a plugin of Oneiros."""
