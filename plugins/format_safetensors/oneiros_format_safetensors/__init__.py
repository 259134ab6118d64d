"""Weights in the safetensors format: a plugin of Oneiros."""
