"""copy.deepcopy, copy.copy and pickle of models, layers and optimizers."""

import copy
import pickle
import pickletools

import numpy as np
import pytest
from backends import OTHER
from oneiros import backend as K
from oneiros import layers, models, optimizers
from oneiros.backend.dispatch import backend_of
from oneiros.bases import Rebuilt
from oneiros.errors import ArgumentError
from oneiros.layers import (
    LSTM,
    Bidirectional,
    Dense,
    Dropout,
    Input,
    Lambda,
    Layer,
    Merge,
    TimeDistributed,
    merge,
)
from oneiros.models import Model, Sequential
from oneiros.objectives import mean_squared_error
from oneiros.optimizers import SGD, Adam, Nadam
from oneiros.regularizers import Regularizer
from oneiros_saving.pickling import by_path
from processes import run_python

COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda x: pickle.loads(pickle.dumps(x))}
X = np.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
Y = np.abs(X[:, :1])


@pytest.fixture(params=COPIES.values(), ids=COPIES)
def copied(request):
    return request.param


@pytest.fixture(autouse=True)
def without_xla(monkeypatch):
    """What is tested here is the same without XLA, and TensorFlow compiles faster."""
    monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", "off")


def doubled(x):
    return x * 2


def softened(x):
    return x / (1 + K.abs(x))


class Scale(Layer):
    """Knows its factor only as a variable that is no weight, and counts the training
    steps."""

    def __init__(self, first, **kwargs):
        super().__init__(**kwargs)
        self.first = first

    def build(self, input_shape):
        self.factor, self.steps = K.variable(self.first), K.variable(0.0)
        self.add_update(K.update_add(self.steps, 1))

    def call(self, x, mask=None):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "first": self.first}


class Rows(Regularizer):
    """A penalty that nobody registered."""

    def __call__(self, x):
        return 0.01 * K.sum(K.abs(x))


def sequential():
    return Sequential([Dense(4, activation="tanh", input_dim=3), Dense(1)])


def graph():
    a, b = Input(shape=(3,), name="a"), Input(shape=(3,), name="b")
    shared = Dense(4, activation=softened, W_regularizer=Rows(), name="shared")
    inner = Sequential([Dense(4, input_dim=4, name="deep")], name="inner")
    joined = Scale(0.5)(inner(merge([shared(a), shared(b)], mode="sum")))
    return Model(
        input=[a, b],
        output=[Dense(1, name="left")(joined), Lambda(doubled, name="right")(joined)],
    )


def same(one, other):
    np.testing.assert_equal(one, other)


def fitted(model, x, y, **arguments):
    np.random.seed(7)
    losses = model.fit(
        x, y, batch_size=2, verbose=0, **{"nb_epoch": 2, **arguments}
    ).history["loss"]
    return [losses, *model.get_weights(), *model.optimizer.get_weights()]


@pytest.mark.parametrize(
    ("optimizer", "copied"),
    [
        (lambda: SGD(lr=0.1, momentum=0.9, decay=0.01), COPIES["pickle"]),
        (Nadam, COPIES["pickle"]),
        (Adam, COPIES["deepcopy"]),
    ],
    ids=["sgd", "nadam", "adam"],
)
def test_a_trained_sequential_goes_on_like_its_copy(backend, optimizer, copied):
    model = sequential()
    model.compile(optimizer(), "mse", metrics=["mae"])
    fitted(model, X, Y)
    K.set_value(model.optimizer.lr, 0.03)
    other = copied(model)
    assert type(other) is Sequential and other.name == model.name
    assert other.metrics_names == ["loss", "mean_absolute_error"]
    same([other.predict(X)], [model.predict(X)])
    before = model.get_weights()
    losses = fitted(other, X, Y)
    same(model.get_weights(), before)  # a copy's weights are its own
    same(losses, fitted(model, X, Y))


@pytest.mark.parametrize("copied", [COPIES["pickle"]])
def test_a_graph_with_shared_custom_and_nested_layers(backend, copied):
    model = graph()
    model.compile(
        "adam",
        {"left": "mse", "right": "mae"},
        loss_weights={"left": 1.0, "right": 0.5},
    )
    x = [X, X[::-1]]
    y = [Y, np.repeat(Y, 4, axis=1)]
    fitted(model, x, y)
    K.set_value(model.layers[-3].factor, 0.25)
    other = copied(model)
    assert [layer.name for layer in other.layers] == [
        layer.name for layer in model.layers
    ]
    assert float(K.get_value(other.layers[-3].steps)) == 8
    same(other.predict(x), model.predict(x))
    same(fitted(other, x, y), fitted(model, x, y))


def test_states_go_along(backend, copied):
    model = Sequential([LSTM(3, batch_input_shape=(2, 4, 3), stateful=True), Dense(1)])
    model.compile("sgd", "mse")
    x = np.stack([X[:4], X[4:]])
    model.predict(x)
    other = copied(model)
    same([model.predict(x)], [other.predict(x)])
    other.reset_states()
    assert not np.array_equal(model.predict(x), other.predict(x))


def test_what_was_frozen_after_compiling_is_still_trained(copied):
    """A discriminator is compiled, then frozen for the model that trains the
    generator."""
    model = Sequential([Dense(2, input_dim=3), Dense(1)])
    model.compile("adam", "mse")
    model.train_on_batch(X, Y)
    model.layers[0].trainable = False
    copy = copied(model)
    assert copy.train_on_batch(X, Y) == model.train_on_batch(X, Y)
    for one, other in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_pickle_that_does_not_say_what_is_trained_trains_all():
    """Pickles of earlier versions don't."""
    model = Sequential([Dense(2, input_dim=3), Dense(1)])
    model.compile("adam", "mse")
    model.train_on_batch(X, Y)
    function, arguments = model.__reduce_ex__(4)
    cls, data = pickle.loads(pickle.dumps(arguments))
    del data["trained"]
    copied = function(cls, data)
    assert copied.train_on_batch(X, Y) == model.train_on_batch(X, Y)


def test_frozen_models_stay_frozen(copied):
    inner = sequential()
    inner.trainable = False
    model = Sequential([inner, Dense(2)])
    model.compile("sgd", "mse")
    other = copied(model)
    assert not other.layers[0].trainable and len(other.trainable_weights) == 2
    same(other.get_weights(), model.get_weights())


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: Dense(2, name="one"), (3,)),
        (lambda: Scale(2.0), (3,)),
        (lambda: TimeDistributed(Dense(2)), (4, 3)),
        (lambda: Bidirectional(LSTM(2)), (4, 3)),
        (lambda: Dropout(0.5), (3,)),
    ],
)
def test_layers(backend, copied, make, shape):
    layer = make()
    empty = copied(layer)
    assert type(empty) is type(layer) and empty.name == layer.name and not empty.built
    x = Input(shape=shape)
    model = Model(input=x, output=layer(x))
    other = copied(layer)
    assert other.built == layer.built and not other.inbound_nodes
    same(other.get_weights(), layer.get_weights())
    again = Model(input=x, output=other(x))
    data = np.random.normal(size=(2, *shape))
    same([again.predict(data)], [model.predict(data)])


def test_initial_weights_wait_for_the_layer_to_be_built(copied):
    values = [np.arange(6.0, dtype="float32").reshape(3, 2), np.ones(2, "float32")]
    other = copied(Dense(2, weights=values))
    other(Input(shape=(3,)))
    same(other.get_weights(), values)


def test_optimizers(copied):
    model = sequential()
    model.compile(Adam(lr=0.02, clipnorm=1.5), "mse")
    fitted(model, X, Y)
    other = copied(model.optimizer)
    assert other.get_config() == model.optimizer.get_config()
    same(other.get_weights(), model.optimizer.get_weights())
    K.set_value(other.lr, 0.5)
    assert float(K.get_value(model.optimizer.lr)) == np.float32(0.02)


def test_a_copy_lives_on_the_backend_of_the_original(backend, copied):
    model = sequential()
    model.compile("sgd", "mse")
    with K.use(OTHER[backend]):
        other = copied(model)
        same([other.predict(X)], [model.predict(X)])
    for part in (other, other.layers[0], other.optimizer):
        assert backend_of(part) is backend_of(model)


def test_live_functions_are_copied_with_the_model():
    factor = 3
    branches = [Sequential([Dense(2, input_dim=3)]) for _ in range(2)]
    merged = Merge(
        branches, mode=lambda xs: xs[0] - factor * xs[1], output_shape=lambda s: s[0]
    )
    model = Sequential([merged, Lambda(lambda x: x * factor), Lambda(lambda x: x + 1)])
    same([copy.deepcopy(model).predict([X, X])], [model.predict([X, X])])
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(model)


def test_names_that_would_mean_two_things():
    def tanh(x):
        return x

    model = Sequential(
        [Dense(2, activation="tanh", input_dim=3), Dense(2, activation=tanh)]
    )
    with pytest.raises(ArgumentError, match=r"tanh.* have the same name\. Rename one"):
        copy.deepcopy(model)


def test_a_layer_whose_input_is_not_known():
    wrapper = TimeDistributed(Dense(2), input_shape=(4, 3))
    Sequential([wrapper])
    with pytest.raises(ArgumentError, match="input shape is unknown"):
        copy.deepcopy(wrapper.layer)


def test_a_shallow_copy_shares_the_variables(copied):
    layer = Dense(2)
    layer(Input(shape=(3,)))
    other = copy.copy(layer)
    assert other is not layer and other.W is layer.W and vars(other) == vars(layer)


MODULE = """
from oneiros.layers import Dense
from oneiros.models import Sequential

class Double(Dense):
    def call(self, x, mask=None):
        return 2 * super().call(x, mask)

def loss(true, predicted):
    return abs(true - predicted)
"""
LOAD = """
import pickle, sys
import numpy as np
with open("model.pickle", "rb") as file:
    model = pickle.load(file)
assert type(model.layers[0]).__module__ == "own"
np.random.seed(7)
model.fit(np.ones((4, 3)), np.ones((4, 2)), nb_epoch=2, verbose=0)
np.save("found.npy", model.layers[0].get_weights()[0])
"""


def test_another_process_finds_classes_and_functions_by_import_path(
    tmp_path, monkeypatch
):
    (tmp_path / "own.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    import own

    model = Sequential([own.Double(2, input_dim=3)])
    model.compile("adam", own.loss)
    model.fit(np.ones((4, 3)), np.ones((4, 2)), nb_epoch=1, verbose=0)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    run_python(LOAD, cwd=tmp_path)
    np.random.seed(7)
    model.fit(np.ones((4, 3)), np.ones((4, 2)), nb_epoch=2, verbose=0)
    np.testing.assert_array_equal(
        np.load(tmp_path / "found.npy"), model.get_weights()[0]
    )


def private_modules(obj):
    """Returns the modules of plugins that a pickle of an object names."""
    texts = {str(text) for _, text, _ in pickletools.genops(pickle.dumps(obj))}
    return {text for text in texts if text.startswith("oneiros_")}


def test_pickles_name_what_programs_import():
    """So that classes may move to another module of their plugin."""
    model = Sequential([LSTM(2, input_shape=(3, 2)), Dense(1, W_regularizer="l2")])
    model.compile(Adam(), mean_squared_error, metrics=[mean_squared_error])
    model.train_on_batch(np.ones((1, 3, 2)), np.ones((1, 1)))
    for obj in (model, model.layers[0], model.optimizer):
        assert private_modules(obj) == set()


@pytest.mark.parametrize("module", [layers, models, optimizers])
def test_all_classes_of_models_have_such_a_path(module):
    for name in dir(module):
        member = getattr(module, name)
        if isinstance(member, type) and issubclass(member, Rebuilt):
            assert private_modules(by_path(member)) == set()
            assert pickle.loads(pickle.dumps(by_path(member))) is member
