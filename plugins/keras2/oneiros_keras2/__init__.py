"""What Keras 2 and 3 added to Keras 1."""
