"""Where a step's time goes: a plugin of Oneiros."""
