"""Functions of JAX and Theano on several devices: a plugin of Oneiros."""
