"""What code for TensorFlow 1 asks of tensors, and the contexts in which it calls."""

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.layers import Dense, Input
from oneiros.models import Sequential


def test_names_and_operations_of_tensorflow(on_tensorflow):
    x = Input((3,), name="pixels")
    layer = Dense(2, name="scores")
    y = layer(x)
    assert x.name == "pixels:0" and x.op.name == "pixels"
    assert [w.name for w in layer.weights] == ["scores_W:0", "scores_b:0"]
    assert y.op.outputs == [y] and list(y.op.inputs) == list(y.parents)
    assert x.get_shape()[1].value == 3


@pytest.mark.parametrize("place", ["session", "graph"])
def test_models_train_inside_of_sessions_and_graphs(on_tensorflow, tf, place):
    v1 = tf.compat.v1
    around = v1.Session() if place == "session" else v1.Graph().as_default()
    x = np.arange(12.0).reshape(4, 3)
    with around as session:
        if place == "session":
            with pytest.warns(UserWarning, match="set_session"):
                K.set_session(session)
        model = Sequential([Dense(1, input_dim=3)])
        model.compile("sgd", "mse")
        K.get_session().run(v1.global_variables_initializer())
        before = model.get_weights()
        model.fit(x, x[:, :1], nb_epoch=1, batch_size=2, verbose=0)
        model.set_weights(model.get_weights())
        assert model.predict(x).shape == (4, 1)
    assert not np.array_equal(before[0], model.get_weights()[0])
