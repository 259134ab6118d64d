"""Lazy nodes for backends on eager engines."""
