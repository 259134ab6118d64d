"""Data in HDF5 files: a plugin of Oneiros."""
