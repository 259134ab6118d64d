"""The `oneiros` command: a plugin of Oneiros."""
