"""Support for code written for other versions of Keras: a plugin of Oneiros."""
