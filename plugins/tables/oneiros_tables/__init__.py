"""Tables as data for models: a plugin of Oneiros."""
