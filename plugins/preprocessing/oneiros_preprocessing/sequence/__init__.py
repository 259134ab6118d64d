"""Padding of sequences, and pairs of neighbouring words."""
