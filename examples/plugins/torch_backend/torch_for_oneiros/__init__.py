"""A backend of Oneiros on PyTorch."""
