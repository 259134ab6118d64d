"""The file format HDF5, read in Python alone: what its C library would trust, this
checks.

Each structure is read at most once, so nothing that refers to itself is followed for
ever, and each counts against the file's budget.

# References
    HDF5 File Format Specification, version 3.0. The numbers in the modules' docstrings
    are its sections.
"""
