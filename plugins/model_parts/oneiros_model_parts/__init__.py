"""What a model consists of: layers inside layers, variables, trained weights: a plugin
of Oneiros."""
