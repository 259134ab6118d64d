"""The .keras files of Keras 3: a plugin of Oneiros."""
