"""LeakyReLU, PReLU, ELU and the other activation layers: a plugin of Oneiros."""
