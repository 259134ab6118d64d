"""Downloads of data sets and weights: a plugin of Oneiros."""
