"""Tables as the data of a model: a plugin of Oneiros."""
