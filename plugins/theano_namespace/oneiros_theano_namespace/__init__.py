"""Makes `import theano` mean PyTensor under Theano's names: a plugin of Oneiros."""
