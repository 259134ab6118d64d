"""What backends share, written once in terms of a few primitives: a plugin of
Oneiros."""
