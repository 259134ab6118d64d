"""Manifest: the backends find this plugin by its name; it gives users no names."""
