"""Weight constraints: a plugin of Oneiros."""
