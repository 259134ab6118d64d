"""The state of an optimizer in files of Keras 1.0 and 1.1 on Theano, in the order in
which the weights were made."""

import warnings

import h5py
import numpy as np
import pytest
from older_files import as_theano_wrote
from oneiros import backend as K
from oneiros import config
from oneiros.engine.layer import Layer
from oneiros.layers import LSTM, Activation, Convolution2D, Dense, Flatten
from oneiros.models import Sequential, load_model


@pytest.fixture(autouse=True)
def on_jax():
    with K.use("jax"):
        yield


def convolutional():
    """Its layers' names aren't in the order in which they were made."""
    ordered = {"dim_ordering": "th"}
    return Sequential(
        [
            Convolution2D(3, 2, 2, input_shape=(1, 5, 5), name="last", **ordered),
            Convolution2D(3, 2, 2, name="first", **ordered),
            Flatten(name="flat"),
            Dense(3, name="middle"),
            Dense(2, activation="softmax", name="a"),
        ]
    )


def trained(model, optimizer="adam"):
    model.compile(optimizer, "mse")
    state = np.random.RandomState(0)
    x = state.normal(size=(6, *model.input_shape[1:]))
    for _ in range(3):
        model.train_on_batch(x, state.normal(size=(6, *model.output_shape[1:])))
    return model


def plain_names(weights):
    return [str(weight.name).removesuffix(":0") for weight in weights]


def arrays_by_weight(model):
    """Returns the optimizer's arrays by weight, in the order of its state."""
    names = plain_names(model._collected_trainable_weights)
    _, *arrays = model.optimizer.get_weights()
    return {
        (name, start): arrays[start + place]
        for start in range(0, len(arrays), len(names))
        for place, name in enumerate(names)
    }


def written_on_theano(model, path, order, version="1.1.0", engine="theano"):
    """Saves a model as that version did, its optimizer's arrays in the order of these
    weights."""
    by_weight = arrays_by_weight(model)
    starts = sorted({start for _, start in by_weight})
    model.save(path)
    if engine == "theano":
        as_theano_wrote(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["oneiros_provenance"]
        if version:
            file.attrs["keras_version"] = version.encode()
        else:
            del file.attrs["keras_version"]
        group = file["optimizer_weights"]
        steps = group[group.attrs["weight_names"][0].decode()][()]
        values = [by_weight[name, start] for start in starts for name in order]
        del file["optimizer_weights"]
        group = file.create_group("optimizer_weights")
        names = [f"param_{index}" for index in range(len(values) + 1)]
        group.attrs["weight_names"] = np.array([name.encode() for name in names])
        for name, value in zip(names, [steps, *values], strict=True):
            group[name] = value
    return path


def made(model):
    inner = getattr(model, "model", None) or model
    return plain_names(inner.trainable_weights)


def quietly_loaded(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_model(path)


def loaded_anew(path, reason):
    message = (
        rf"{path.name} is loaded and compiled, but its Adam starts afresh.*{reason}"
    )
    with pytest.warns(UserWarning, match=f"{message}.*model.save"):
        model = load_model(path)
    assert not any(np.any(value) for value in model.optimizer.get_weights())
    return model


@pytest.mark.parametrize("version", ["1.1.0", "1.0.8", None])
def test_the_order_in_which_weights_were_made(version, tmp_path):
    model = trained(convolutional())
    path = written_on_theano(model, tmp_path / "m.h5", made(model), version)
    loaded = arrays_by_weight(quietly_loaded(path))
    for (name, start), value in arrays_by_weight(model).items():
        expected = value[:, :, ::-1, ::-1] if value.ndim == 4 else value
        np.testing.assert_array_equal(loaded[name, start], expected, err_msg=name)


def test_running_numbers_sorted_as_texts(tmp_path):
    """Keras sorted "auto_101" before "auto_95"."""
    model = trained(convolutional())
    names = made(model)
    path = written_on_theano(model, tmp_path / "m.h5", [*names[4:], *names[:4]])
    loaded = arrays_by_weight(quietly_loaded(path))
    np.testing.assert_array_equal(
        loaded[names[4], 0], arrays_by_weight(model)[names[4], 0]
    )


def test_a_state_sorted_by_names(tmp_path):
    model = trained(convolutional())
    path = written_on_theano(
        model, tmp_path / "m.h5", sorted(made(model)), version="1.2.2"
    )
    loaded = arrays_by_weight(quietly_loaded(path))
    np.testing.assert_array_equal(loaded["a_W", 8], arrays_by_weight(model)["a_W", 8])


class Attention(Layer):
    """Two weights of one shape, one name the beginning of the other."""

    loadable = True

    def build(self, input_shape):
        shape = (input_shape[-1], input_shape[-1])
        self.W = self.add_weight(shape, "glorot_uniform", name="att_W")
        self.W2 = self.add_weight(shape, "glorot_uniform", name="att_W2")

    def call(self, x, mask=None):
        return K.dot(K.tanh(K.dot(x, self.W)), self.W2)


def attention():
    return trained(Sequential([Attention(input_shape=(3,))]))


@pytest.mark.parametrize("saved_on", ["theano", "tensorflow", "jax"])
def test_the_order_is_the_same_on_every_backend(saved_on, tmp_path):
    with K.use(saved_on):
        model = attention()
        model.save(tmp_path / "m.h5")
        expected = arrays_by_weight(model)
    with config.custom_object_scope({"Attention": Attention}):
        loaded = arrays_by_weight(quietly_loaded(tmp_path / "m.h5"))
    for key, value in expected.items():
        np.testing.assert_array_equal(loaded[key], value, err_msg=str(key))


@pytest.mark.parametrize(
    ("engine", "order"),
    [("tensorflow", ["att_W2", "att_W"]), ("theano", ["att_W", "att_W2"])],
)
def test_keras_1_sorted_names_as_its_engine_spelled_them(engine, order, tmp_path):
    model = attention()
    path = written_on_theano(model, tmp_path / "m.h5", order, "1.2.2", engine)
    with config.custom_object_scope({"Attention": Attention}):
        loaded = arrays_by_weight(quietly_loaded(path))
    for key, value in arrays_by_weight(model).items():
        np.testing.assert_array_equal(loaded[key], value, err_msg=str(key))


def test_a_state_of_tensorflow_is_sorted_by_names(tmp_path):
    model = trained(Sequential([Dense(4, input_dim=4), Dense(4)]))
    path = written_on_theano(
        model, tmp_path / "m.h5", sorted(made(model)), engine="tensorflow"
    )
    expected = arrays_by_weight(model)
    for place, value in arrays_by_weight(quietly_loaded(path)).items():
        np.testing.assert_array_equal(value, expected[place])


def test_two_layers_of_one_shape(tmp_path):
    layers = [Dense(4, input_dim=4, name="b"), Activation("tanh"), Dense(4, name="a")]
    model = trained(Sequential(layers))
    path = written_on_theano(model, tmp_path / "m.h5", made(model))
    again = loaded_anew(path, "several orders")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    again.train_on_batch(np.ones((2, 4)), np.ones((2, 4)))


def test_a_file_of_theano_s_that_is_called_tensorflow_s(tmp_path):
    """Scripts that flip kernels themselves say so."""
    layers = [Dense(4, input_dim=4, name="b"), Dense(4, name="a")]
    model = trained(Sequential(layers))
    path = written_on_theano(model, tmp_path / "m.h5", made(model))
    with pytest.warns(UserWarning, match="starts afresh"):
        again = load_model(path, trained_on="tensorflow")
    assert not any(np.any(value) for value in again.optimizer.get_weights())


def test_gates_of_one_shape(tmp_path):
    """LSTM made them in another order than it lists them."""
    model = trained(Sequential([LSTM(3, input_shape=(2, 3), name="z"), Dense(2)]))
    path = written_on_theano(model, tmp_path / "m.h5", made(model))
    loaded_anew(path, "in which order LSTM made")


@pytest.mark.parametrize("version", ["1.1.0", "1.2.0"])
def test_shapes_that_fit_in_no_order(version, tmp_path):
    model = trained(convolutional())
    path = written_on_theano(model, tmp_path / "m.h5", made(model)[::-1], version)
    loaded_anew(path, "in no order")


def test_searching_ends(tmp_path):
    layers = [Dense(2, name=f"d{index}", input_dim=2) for index in range(20)]
    model = trained(Sequential([*layers, Dense(3, name="end")]))
    names = made(model)
    path = written_on_theano(
        model, tmp_path / "m.h5", [names[-2], *names[:-2], names[-1]]
    )
    loaded_anew(path, "several orders|too many orders")
