"""Summaries of models as tables of rich: a plugin of Oneiros."""
