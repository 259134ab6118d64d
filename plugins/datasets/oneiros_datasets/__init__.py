"""The data sets of Keras, and small ones that need no network: a plugin of Oneiros."""
