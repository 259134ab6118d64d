"""Manifest: what this plugin offers, by reference, importing nothing."""
