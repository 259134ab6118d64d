"""Oneiros: Keras 1 rebuilt as a plugin-based microkernel."""
