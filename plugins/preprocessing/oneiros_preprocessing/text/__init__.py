"""Texts as numbers of words."""
