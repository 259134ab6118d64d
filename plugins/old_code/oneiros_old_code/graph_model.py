"""The Graph model of Keras 0.x: an error that shows how to write a Model instead."""

from oneiros.errors import CapabilityError

REWRITTEN = """
Keras 1 doesn't have the Graph of Keras 0.x. Call layers on tensors instead of naming
their inputs:
    graph.add_input(name='x', input_shape=(32,))     x = Input(shape=(32,), name='x')
    graph.add_node(Dense(8), name='h', input='x')    h = Dense(8, name='h')(x)
    graph.add_node(layer, inputs=['h', 'x'])         h = layer(merge([h, x], 'concat'))
    graph.add_output(name='y', input='h')            model = Model(input=x, output=h)
    graph.compile('sgd', {'y': 'mse'})               model.compile('sgd', 'mse')
    graph.fit({'x': a, 'y': b})                      model.fit(a, b)
with `from keras.layers import Input, merge` and `from keras.models import Model`."""


class Graph:
    """Replaces Keras's first model with several inputs.

    # Raises
        CapabilityError: always; the message shows how to rewrite each line.
    """

    def __init__(self, *args, **kwargs):
        raise CapabilityError(REWRITTEN)
