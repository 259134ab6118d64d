"""Dense, Dropout, Merge and the other core layers: a plugin of Oneiros."""
