"""cuDNN, which code asks for before it uses it."""


def dnn_available() -> bool:
    """Returns False: `theano.tensor.nnet` computes everything."""
    return False
