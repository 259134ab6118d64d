"""Sequences as arrays, and pairs of words that stand close to each other."""
