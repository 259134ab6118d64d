"""Shows where the time of training steps goes: a plugin of Oneiros."""
