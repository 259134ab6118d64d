"""Keras 1 HDF5 model files."""
