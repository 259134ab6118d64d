"""What code of other versions of Keras asks for: a plugin of Oneiros."""
