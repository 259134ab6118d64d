"""Manifest: this plugin contributes no names; a .pth file installs its finder for
`keras`."""
