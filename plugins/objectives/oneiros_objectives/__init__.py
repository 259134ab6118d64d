"""Loss functions: a plugin of Oneiros."""
