"""Makes `import theano` import PyTensor under Theano's names: a plugin of Oneiros."""
