"""Turns texts into word numbers."""
