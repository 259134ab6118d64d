"""Trainings that go on after an interruption: a plugin of Oneiros."""
