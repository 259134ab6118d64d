"""Weight initializations: a plugin of Oneiros."""
