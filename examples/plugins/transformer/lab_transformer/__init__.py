"""Encoder blocks, rotary attention and positional encodings: a plugin of Oneiros."""
