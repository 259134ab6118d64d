"""Trains models: arrays and generators as data, what `compile` makes of its arguments,
and `Sequential`. A plugin of Oneiros."""
