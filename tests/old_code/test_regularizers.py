"""Regularizers and layers as code of Keras 1.0 has them."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.engine.layer import Layer
from oneiros.layers import Dense
from oneiros.models import Sequential
from oneiros.regularizers import Regularizer, activity_l2, l2

X = np.random.RandomState(0).uniform(size=(4, 3)).astype("float32")


class OfWeight(Regularizer):
    """A penalty that is told its weight, and adds to the loss."""

    def __init__(self, factor):
        self.factor = factor
        self.uses_learning_phase = True

    def set_param(self, p):
        self.p = p

    def __call__(self, loss):
        penalized = loss + self.factor * K.sum(K.square(self.p))
        return K.in_train_phase(penalized, loss)


class OfOutput(Regularizer):
    """A penalty that is told its layer, and adds to the loss."""

    def __init__(self, factor):
        self.factor = factor

    def set_layer(self, layer):
        self.layer = layer

    def __call__(self, loss):
        for index in range(len(self.layer.inbound_nodes)):
            output = self.layer.get_output_at(index)
            loss += self.factor * K.sum(K.square(output))
        return loss


class Scale(Layer):
    """A layer that declares its penalty in a list."""

    def __init__(self, W_regularizer, in_place=True, **kwargs):
        self.W_regularizer = W_regularizer
        self.in_place = in_place
        super().__init__(**kwargs)

    def build(self, input_shape):
        self.W = K.variable(np.arange(1.0, 4.0))
        self.trainable_weights = [self.W]
        self.W_regularizer.set_param(self.W)
        self.regularizers = []
        if self.in_place:
            self.regularizers.append(self.W_regularizer)
        else:
            self.regularizers = [self.W_regularizer]

    def call(self, x, mask=None):
        return x * self.W


def loss_in_training(layer):
    """Returns the first batch's loss, targets and outputs being what they are."""
    model = Sequential([layer])
    model.compile("sgd", "mse")
    return float(model.train_on_batch(X, np.ones((4, 3))))


def dense(**regularizers):
    layer = Dense(3, input_dim=3, weights=[np.eye(3), np.zeros(3)], **regularizers)
    return loss_in_training(layer)


def test_a_regularizer_of_a_weight_adds_what_it_did():
    assert dense(W_regularizer=OfWeight(0.5)) == pytest.approx(
        dense(W_regularizer=l2(0.5))
    )


def test_a_regularizer_of_an_output_adds_what_it_did():
    assert dense(activity_regularizer=OfOutput(0.5)) == pytest.approx(
        dense(activity_regularizer=activity_l2(0.5))
    )


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("make", [OfWeight, l2])
def test_a_layer_lists_its_regularizers(make, in_place):
    plain = loss_in_training(Scale(l2(0.0), input_shape=(3,)))
    layer = Scale(make(0.5), in_place, input_shape=(3,))
    assert loss_in_training(layer) == pytest.approx(plain + 0.5 * 14)
    assert layer.regularizers == [layer.W_regularizer]
