"""A backend of Oneiros that computes predictions with NumPy."""
