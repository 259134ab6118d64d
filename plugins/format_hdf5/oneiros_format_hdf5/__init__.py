"""Keras 1 HDF5 model files: a plugin of Oneiros."""
