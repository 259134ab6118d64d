"""Manifest: this plugin contributes no names; formats, data sets and utilities import
it."""
