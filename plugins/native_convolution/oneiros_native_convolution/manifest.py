"""Manifest: the backends find this plugin by name; it contributes no names."""
