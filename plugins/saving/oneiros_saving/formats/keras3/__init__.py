"""The .keras files of Keras 3."""
