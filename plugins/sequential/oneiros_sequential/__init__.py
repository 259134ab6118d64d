"""Models that are layers one after the other: a plugin of Oneiros."""
