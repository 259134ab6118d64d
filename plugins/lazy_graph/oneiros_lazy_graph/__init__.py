"""Lazy nodes for backends on eager engines: a plugin of Oneiros."""
