"""Weight and activity regularizers: a plugin of Oneiros."""
