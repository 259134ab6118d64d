"""Random numbers, under the name of a generator whose numbers these are not."""

from oneiros_theano_namespace.random_streams import RandomStreams


class MRG_RandomStreams(RandomStreams):  # noqa: N801 - Theano's name
    """Draws random tensors.

    # Arguments
        seed: int or sequence of ints.
        use_cuda: ignored.
    """

    def __init__(self, seed=12345, use_cuda=None):
        super().__init__(seed)
