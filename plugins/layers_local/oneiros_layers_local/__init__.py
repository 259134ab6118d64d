"""LocallyConnected1D and LocallyConnected2D: a plugin of Oneiros."""
