"""What `compile` makes of its arguments: a plugin of Oneiros."""
