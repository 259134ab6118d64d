"""What other versions of Keras wrote, and how it is read: a plugin of Oneiros."""
