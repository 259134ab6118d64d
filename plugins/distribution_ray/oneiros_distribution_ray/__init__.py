"""Training on a Ray cluster: a plugin of Oneiros."""
