"""Manifest: this plugin contributes no names; plugins that save, resume or convert
models import it."""
