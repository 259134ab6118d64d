"""Processes that train together: models of Oneiros, and loops written by hand in JAX,
on the same cases from the same weights."""
