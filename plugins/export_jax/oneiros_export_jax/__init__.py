"""Models as StableHLO: a plugin of Oneiros."""
