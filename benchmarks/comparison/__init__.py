"""Oneiros beside Keras 3 and beside loops written by hand, on the same cases from the
same weights."""
