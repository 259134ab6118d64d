"""Models as StableHLO."""
