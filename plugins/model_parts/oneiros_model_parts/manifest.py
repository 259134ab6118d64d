"""Manifest: this plugin offers nothing by name; what saves, resumes or converts models
imports it."""
