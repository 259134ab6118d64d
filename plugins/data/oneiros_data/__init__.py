"""Data larger than memory, and tables as data for models: a plugin of Oneiros."""
