"""TensorFlow 2 backend: a plugin of Oneiros."""
