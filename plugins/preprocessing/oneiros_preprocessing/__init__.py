"""Images, sequences and texts as data for models: a plugin of Oneiros."""
