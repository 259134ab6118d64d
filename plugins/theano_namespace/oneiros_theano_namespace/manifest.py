"""Manifest: this plugin offers nothing by name; its finder, installed by a .pth file,
answers for `theano`."""
