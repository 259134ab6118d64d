"""Downloads of data sets and weights."""
