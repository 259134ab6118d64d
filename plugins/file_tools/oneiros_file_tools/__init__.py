"""Inspecting and converting files of models: a plugin of Oneiros."""
