"""Tables as data for models."""
