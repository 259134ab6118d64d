"""What scripts get wrong, and the answer that says what to write."""

import warnings

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.errors import ArgumentError, ConfigError, DataError, UnknownNameError
from oneiros.layers import LSTM, Dense, PReLU
from oneiros.models import Sequential
from scipy import sparse
from small_models import compiled_dense

X = np.random.RandomState(0).uniform(size=(4, 3)).astype("float32")


def classifier():
    return compiled_dense(
        3, 3, loss="sparse_categorical_crossentropy", activation="softmax"
    )


@pytest.mark.parametrize("wrong", [[1, 2, 3, 3], [7, 7, 7, 7], [0, -1, 1, 2]])
def test_class_numbers_that_the_output_lacks_are_told_once(wrong):
    model = classifier()
    labels = np.resize(np.array(wrong), (4, 1))
    with pytest.warns(UserWarning, match=r"class numbers from .* 3 classes, 0 to 2"):
        model.train_on_batch(X, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.train_on_batch(X, labels)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "binary"])
def test_missing_targets_are_counted(loss):
    model = binary() if loss == "binary" else classifier()
    with pytest.warns(UserWarning, match=r"received NaN in 1 of 4 values"):
        model.train_on_batch(X, np.array([[0], [np.nan], [1], [0]]))


def test_class_numbers_with_a_fraction_are_told():
    with pytest.warns(UserWarning, match=r"class number 0\.5, .* whole numbers"):
        classifier().train_on_batch(X, np.array([[0], [0.5], [1.5], [1]]))


def test_pixels_are_divided_for_binary_crossentropy():
    pixels = np.array([[0], [128], [255], [3]], dtype="uint8")
    with pytest.warns(UserWarning, match=r"from 0 to 255.*pass y / 255\.0"):
        binary().train_on_batch(X, pixels)


def binary():
    return compiled_dense(3, loss="binary_crossentropy", activation="sigmoid")


def test_labels_of_plus_and_minus_one_are_told_once_for_binary_crossentropy():
    model = binary()
    labels = np.array([-1, 1, 1, -1])
    with pytest.warns(UserWarning, match=r"values from -1 to 1.*loss='hinge'"):
        model.fit(X, labels, nb_epoch=1, verbose=0)
    model.fit(X, labels, nb_epoch=1, verbose=0)


def test_targets_are_looked_at_again_after_compile():
    model = binary()
    labels = np.array([-1, 1, 1, -1])
    for _ in range(2):
        with pytest.warns(UserWarning, match="values from -1 to 1"):
            model.train_on_batch(X, labels)
        model.compile("sgd", "binary_crossentropy")


def test_targets_are_not_looked_at_for_ever():
    model = binary()
    for _ in range(model.target_checks_left):
        model.train_on_batch(X, np.array([0, 1, 1, 0]))
    model.train_on_batch(X, np.array([-1, 1, 1, -1]))


@pytest.mark.parametrize("loss", ["binary_crossentropy", "categorical_crossentropy"])
def test_a_softmax_over_one_unit_is_told(loss):
    model = Sequential([Dense(1, input_dim=3, activation="softmax")])
    with pytest.warns(UserWarning, match="softmax over one unit, which is always 1"):
        model.compile("sgd", loss)


def test_a_categorical_crossentropy_over_one_unit_is_told():
    model = Sequential([Dense(1, input_dim=3, activation="sigmoid")])
    with pytest.warns(UserWarning, match="categorical_crossentropy over one class"):
        model.compile("sgd", "categorical_crossentropy")


@pytest.mark.parametrize(
    "make", [lambda: Dense(3, 4), lambda: LSTM(2, 4), lambda: PReLU((64,))]
)
def test_sizes_of_inputs_as_keras_0_took_them(make):
    with pytest.raises(
        ConfigError, match=r"isn't a valid initialization.*input_dim=3\)"
    ):
        make()


@pytest.mark.parametrize("form", ["csr_matrix", "coo_matrix"])
def test_sparse_matrices_are_answered_readably(form):
    model = compiled_dense(3)
    matrix = getattr(sparse, form)(X)
    for method in (lambda: model.fit(matrix, X[:, :1]), lambda: model.predict(matrix)):
        with pytest.raises(DataError, match=r"input.*sparse.*\.toarray\(\)"):
            method()


def test_a_layer_that_is_called_on_data_says_so_in_a_line():
    with pytest.raises(ArgumentError, match=r"ndarray of shape \(4, 3\)") as caught:
        Dense(3)(X)
    assert "\n" not in str(caught.value)


def test_a_misspelt_accuracy_is_recognized():
    model = Sequential([Dense(3, input_dim=3)])
    with pytest.raises(UnknownNameError, match="Did you mean 'accuracy'"):
        model.compile("sgd", "mse", metrics=["acuracy"])
    with pytest.raises(UnknownNameError, match="'binary_accuracy'"):
        model.compile("sgd", "mse", metrics=["binary_acuracy"])


def test_a_tensors_truth_is_asked_too_early():
    with pytest.raises(TypeError, match=r"K\.switch\(condition, a, b\) chooses later"):
        bool(K.sum(K.placeholder((2,))) > 0)


def test_an_activation_of_another_engine_is_told():
    import pytensor.tensor as pt

    with (
        K.use("jax"),
        pytest.raises(ArgumentError, match=r"K\.set_backend\('theano'\)"),
    ):
        Dense(2, activation=pt.tanh)
    with K.use("theano"):
        assert Dense(2, activation=pt.tanh).activation is pt.tanh


def test_a_tensor_has_no_numpy_method():
    layer = Dense(1, input_dim=2)
    Sequential([layer])
    for tensor in (K.placeholder((2,)), layer.weights[0]):
        assert not hasattr(tensor, "numpy")
        with pytest.raises(AttributeError, match=r"K\.get_value\(x\)"):
            tensor.numpy()
    np.testing.assert_array_equal(K.get_value(layer.weights[0]), layer.get_weights()[0])


def test_a_sequential_has_a_list_of_layers():
    with pytest.raises(ArgumentError, match=r"Write a list: Sequential\(\[layer\]\)"):
        Sequential(Dense(3, input_dim=2))
