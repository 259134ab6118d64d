"""Finds problems in training, and estimates memory."""
