"""Arrays as the data of a model."""
