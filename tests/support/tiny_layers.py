"""Layers small enough to check by eye, for tests of the graph."""

import numpy as np
from oneiros import backend as K
from oneiros.engine.layer import Layer

OBJECTS = {}


def custom(cls):
    """Lists a class among those that tests pass as `custom_objects`."""
    OBJECTS[cls.__name__] = cls
    return cls


@custom
class Scale(Layer):
    """Multiplies by a weight per feature."""

    def __init__(self, regularizer=None, constraint=None, **kwargs):
        self.regularizer = regularizer
        self.constraint = constraint
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.factor = self.add_weight(
            (input_shape[-1],),
            lambda shape, name=None: K.variable(
                np.linspace(0.5, 1.5, shape[0]), name=name
            ),
            name=f"{self.name}_factor",
            regularizer=self.regularizer,
            constraint=self.constraint,
        )
        self.built = True

    def call(self, x, mask=None):
        return x * self.factor


@custom
class Shift(Layer):
    """Adds a constant."""

    supports_masking = True

    def __init__(self, by=1.0, **kwargs):
        self.by = by
        super().__init__(**kwargs)

    def call(self, x, mask=None):
        return x + self.by


@custom
class Total(Layer):
    """Adds up several inputs."""

    def call(self, x, mask=None):
        return sum(x[1:], x[0])

    def get_output_shape_for(self, input_shape):
        return input_shape[0]


@custom
class Both(Layer):
    """Has two outputs: the input and its negative."""

    def call(self, x, mask=None):
        return [x * 1.0, x * -1.0]

    def get_output_shape_for(self, input_shape):
        return [input_shape, input_shape]


@custom
class Marker(Layer):
    """Makes a mask of what isn't zero."""

    def call(self, x, mask=None):
        return x * 1.0

    def compute_mask(self, x, input_mask=None):
        return K.any(K.not_equal(x, 0.0), axis=-1)


@custom
class Average(Layer):
    """Keeps a moving average of its input, and passes the input on."""

    def build(self, input_shape):
        self.mean = self.add_weight(
            (input_shape[-1],), "zero", name=f"{self.name}_mean", trainable=False
        )
        self.built = True

    def call(self, x, mask=None):
        self.add_update(K.moving_average_update(self.mean, K.mean(x, axis=0), 0.5), x)
        return x * 1.0


@custom
class Counter(Layer):
    """Adds the number of batches seen: a stateful layer."""

    stateful = True

    def build(self, input_shape):
        self.count = self.add_weight(
            (1,), "zero", name=f"{self.name}_count", trainable=False
        )
        self.built = True

    def call(self, x, mask=None):
        self.add_update(K.update_add(self.count, 1.0), x)
        return x + self.count

    def reset_states(self):
        K.set_value(self.count, np.zeros(1))
