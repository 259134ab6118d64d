"""Data in HDF5 files."""
