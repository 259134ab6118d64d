"""Networks with trained weights."""
