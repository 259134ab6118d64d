"""Bad input to a model is answered in its own words, and the model works afterwards."""

import h5py
import numpy as np
import pytest
from oneiros import backend as K
from oneiros.callbacks import History
from oneiros.errors import ArgumentError, DataError, NotCompiledError, ShapeError
from oneiros.layers import Dense, Input
from oneiros.models import Model, Sequential

X = np.zeros((6, 4), "float32")
Y = np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2]]


@pytest.fixture(scope="module")
def model():
    x = Input((4,), name="x")
    made = Model(x, Dense(3, activation="softmax", name="y")(x), name="classifier")
    made.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return made


@pytest.fixture(scope="module")
def pair():
    a, b = Input((4,), name="a"), Input((2,), name="b")
    made = Model([a, b], [Dense(3, name="u")(a), Dense(1, name="v")(b)])
    made.compile("sgd", "mse")
    return made


FITS = {
    DataError: [
        ("x", np.zeros((6, 4, 1)), "build the model for samples of shape (4, 1)"),
        ("x", [X, X], "model input: received 2 items, expected 1: 'x'"),
        ("x", {"z": X}, "model input: received the keys 'z', expected 1: 'x'"),
        ("x", None, "no data was given"),
        (
            "x",
            np.array([["text", 1, 2, 3]] * 6, object),
            "received an array of type object, expected numbers",
        ),
        ("x", X.astype(str), "Encode values that aren't numbers"),
        ("x", [["a"] * 4] * 6, "model input 'x': received an array of type <U1"),
        ("x", np.zeros(6, "datetime64[s]"), "of type datetime64[s]"),
        ("x", X.astype(complex), "an array of type complex128"),
        ("x", [[1, 2], [3]], "'x': received a list that isn't an array"),
        ("x", 3.5, "3.5), expected numbers with an axis of samples"),
        ("x", "text", "received np.str_('text')"),
        (
            "y",
            np.zeros(6),
            "use loss='sparse_categorical_crossentropy', or to_categorical(y)",
        ),
        ("y", Y[:, None], "received an array of shape (6, 1, 3)"),
        ("y", None, "model target 'y': received None"),
        ("y", [Y, Y], "model target: received 2 items, expected 1: 'y'"),
        (
            "sample_weight",
            np.ones(5),
            "sample_weight: received shape (5,), expected (6,)",
        ),
        (
            "class_weight",
            {0: 1.0, 1: 2.0},
            "no weight for the classes 2 of targets of shape (6, 3)",
        ),
        ("class_weight", [1.0, "a", 3.0], "class_weight must be a dict"),
        ("class_weight", {"0": 1.0}, "received weights for '0'"),
        ("sample_weight", ["a"] * 6, "sample_weight: received an array"),
        ("sample_weight", np.ones((6, 3)), "_mode='temporal'"),
        (
            "class_weight",
            np.eye(9),
            "in the order of the classes; received ndarray of shape (9, 9).",
        ),
        ("x", X[0], "received an array of shape (4,), expected (None, 4)"),
        ("validation_data", (X, Y[:, :1]), "for the loss 'categorical_crossentropy'"),
        (
            "validation_data",
            (X[:, 1:], Y),
            "validation input 'x': received an array of shape",
        ),
        ("validation_data", (X, Y, np.ones(2)), "sample_weight: received shape (2,)"),
    ],
    ArgumentError: [
        (
            "class_weight",
            {"z": {0: 1.0}},
            "class_weight: received the keys 'z', expected 1",
        ),
        (
            "sample_weight",
            {"z": np.ones(6)},
            "sample_weight: received the keys 'z', expected 1",
        ),
        ("batch_size", 0, "received batch_size=0. Expected an integer of at least 1"),
        (
            "batch_size",
            2.5,
            "received batch_size=2.5. Expected an integer of at least 1",
        ),
        ("nb_epoch", -1, "received nb_epoch=-1. Expected an integer of at least 0"),
        (
            "initial_epoch",
            -1,
            "received initial_epoch=-1. Expected an integer of at least 0",
        ),
        (
            "initial_epoch",
            "1",
            "received initial_epoch='1'. Expected an integer of at least 0",
        ),
        (
            "initial_epoch",
            1.5,
            "received initial_epoch=1.5. Expected an integer of at least 0",
        ),
        ("shuffle", "all", "received shuffle='all'. Expected True, False or 'batch'"),
        ("callbacks", History(), "Expected a list of Callback objects"),
        ("callbacks", [3], "callbacks accepts Callback objects; received 3"),
        ("callbacks", [History], "Did you mean History(…)?"),
        (
            "validation_split",
            1.0,
            "received validation_split=1.0. Expected a fraction in [0, 1)",
        ),
        ("validation_split", -0.1, "received validation_split=-0.1"),
        ("validation_split", "0.1", "received validation_split='0.1'"),
        (
            "validation_split",
            0.99,
            "_split=0.99. Expected a fraction in [0, 1) that splits 6 ",
        ),
        (
            "validation_data",
            X,
            "received validation_data=ndarray of shape (6, 4). Expected (x, y)",
        ),
        (
            "validation_data",
            [X],
            "received validation_data=list of 1 items. Expected (x, y)",
        ),
        (
            "validation_data",
            {"x": X},
            "received validation_data=dict of 1 items. Expected (x, y)",
        ),
        ("validation_data", (X,), "Expected (x, y) or (x, y, sample_weight)"),
        ("validation_data", (), "Expected (x, y) or (x, y, sample_weight)"),
    ],
}


@pytest.mark.parametrize(
    ("error", "argument", "value", "expected"),
    [(error, *case) for error, cases in FITS.items() for case in cases],
)
def test_fit(model, error, argument, value, expected):
    with pytest.raises(error) as caught:
        model.fit(**{"x": X, "y": Y, "verbose": 0, "nb_epoch": 1, argument: value})
    assert expected in str(caught.value)
    assert not hasattr(model, "history")


METHODS = ("fit", "evaluate", "train_on_batch", "test_on_batch")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (
            np.zeros((6, 5)),
            Y,
            "model input 'x': received an array of shape (6, 5), expected (None, 4)",
        ),
        (
            X,
            Y[:, :2],
            "model target 'y': received an array of shape (6, 2), expected (None, 3)",
        ),
        (
            X,
            Y[:5],
            "the same number of samples, at least 1. Received inputs 6; targets 5",
        ),
        (X[:0], Y[:0], "at least 1. Received inputs 0"),
    ],
)
def test_data_of_each_method(model, method, x, y, expected):
    with pytest.raises(DataError) as caught:
        getattr(model, method)(x, y)
    assert expected in str(caught.value)


@pytest.mark.parametrize("method", ["predict", "predict_on_batch"])
@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (np.zeros((6, 5)), "expected (None, 4)"),
        (X[:0], "at least 1"),
        ("X", "received"),
    ],
)
def test_prediction(model, method, x, expected):
    with pytest.raises(DataError) as caught:
        getattr(model, method)(x)
    assert expected in str(caught.value)


@pytest.fixture
def closed(tmp_path):
    """A data set of a file that is closed."""
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = X
        return file["x"]


CLOSED = "received a data set whose file is closed. Keep it open"


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("fit", lambda x: {"x": x, "y": Y}, "model input 'x'"),
        ("fit", lambda x: {"x": [x], "y": Y}, "model input 'x'"),
        ("fit", lambda x: {"x": X, "y": x}, "model target 'y'"),
        ("fit", lambda x: {"x": X, "y": Y, "sample_weight": x}, "sample_weight"),
        (
            "fit",
            lambda x: {"x": X, "y": Y, "validation_data": (x, Y)},
            "validation input 'x'",
        ),
        ("evaluate", lambda x: {"x": x, "y": Y}, "model input 'x'"),
        ("predict", lambda x: {"x": x}, "model input 'x'"),
    ],
)
def test_a_data_set_whose_file_is_closed(model, closed, method, arguments, expected):
    with pytest.raises(DataError) as caught:
        getattr(model, method)(**arguments(closed))
    assert str(caught.value).startswith(f"{expected}: {CLOSED}")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"x": X}, "model input: received"),
        ({"x": [X]}, "model input: received 1 items, expected 2: 'a', 'b'"),
        (
            {"x": [X, X]},
            "model input 'b': received an array of shape (6, 4), expected (None, 2)",
        ),
        ({"x": {"a": X}}, "model input: received the keys 'a', expected 2: 'a', 'b'"),
        ({"x": [X, X[:5, :2]]}, "Received inputs 6, 5"),
        (
            {"y": {"u": Y, "w": Y}},
            "model target: received the keys 'u', 'w', expected 2: 'u', 'v'",
        ),
        (
            {"sample_weight": {"w": np.ones(6)}},
            "sample_weight: received the keys 'w', expected 2: 'u', 'v'",
        ),
        (
            {"class_weight": {0: 1.0}},
            "class_weight: received the keys 0, expected 2: 'u', 'v'",
        ),
    ],
)
def test_several_inputs_and_outputs(pair, arguments, expected):
    options = {
        "x": [X, X[:, :2]],
        "y": [Y, Y[:, :1]],
        "nb_epoch": 1,
        "verbose": 0,
        **arguments,
    }
    with pytest.raises((DataError, ArgumentError)) as caught:
        pair.fit(**options)
    assert expected in str(caught.value)


@pytest.mark.parametrize("method", METHODS)
def test_uncompiled(method):
    x = Input((4,))
    for made in (
        Model(x, Dense(3)(x), name="plain"),
        Sequential([Dense(3, input_dim=4)], name="plain"),
    ):
        with pytest.raises(
            NotCompiledError, match=r"plain.*compiled.*model\.compile\("
        ):
            getattr(made, method)(X, Y)
        assert made.predict(X).shape == (6, 3)


def test_fixed_batch_size():
    made = Sequential([Dense(3, batch_input_shape=(4, 4))])
    made.compile("sgd", "mse")
    for method, rows, batch_size in (("fit", 6, 4), ("fit", 8, 8), ("evaluate", 6, 3)):
        with pytest.raises(
            DataError, match=r"Pass batch_size=4 and 4 \* n samples; received"
        ):
            getattr(made, method)(
                np.zeros((rows, 4)), np.zeros((rows, 3)), batch_size, verbose=0
            )
    with pytest.raises(DataError, match="Pass batch_size=4"):
        made.predict(np.zeros((6, 4)))
    assert made.predict(np.zeros((4, 4))).shape == (4, 3)
    assert made.predict(np.zeros((8, 4)), batch_size=4).shape == (8, 3)
    with pytest.raises(DataError):
        made.train_on_batch(np.zeros((5, 4)), np.zeros((5, 3)))


def test_the_model_works_after_all_this(model, pair):
    assert model.fit(X, Y, nb_epoch=1, verbose=0).epoch == [0]
    assert pair.fit([X, X[:, :2]], [Y, Y[:, :1]], nb_epoch=1, verbose=0).epoch == [0]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda y_true, y_pred: 3.0, "returned 3.0, not a tensor"),
        (lambda y_true: y_true, "must accept (y_true, y_pred)"),
    ],
)
@pytest.mark.parametrize("argument", ["loss", "metrics"])
def test_a_function_that_is_no_loss_or_metric(function, expected, argument):
    with pytest.raises(ArgumentError) as caught:
        Sequential([Dense(1, input_dim=4)]).compile(
            "sgd",
            **(
                {"loss": function}
                if argument == "loss"
                else {"loss": "mse", "metrics": [function]}
            ),
        )
    assert expected in str(caught.value)


def test_a_sequential_goes_by_its_own_name():
    made = Sequential([Dense(1, input_dim=4)], name="mine")
    with pytest.raises(NotCompiledError, match=r"^Sequential 'mine' isn't compiled"):
        made.fit(X, Y)
    with pytest.raises(ArgumentError, match=r"^Sequential 'mine' has no layer"):
        made.get_layer("zzz")
    with pytest.raises(TypeError, match=r"'epochs'\. Did you mean 'nb_epoch'"):
        made.fit(X, Y, epochs=1)


def test_a_function_is_told_what_it_can_not_compute(theano):
    with pytest.raises(ArgumentError, match="tensors as outputs, not 3"):
        K.function([], [3])
    with pytest.raises(DataError, match=r"^The variable has shape \(\)"):
        K.set_value(K.variable(0.0), [1.0, 2.0])


def test_dot_of_sizes_that_differ_on_theano():
    with (
        K.use("theano"),
        pytest.raises(
            ShapeError, match=r"x of shape \(None, 3\) and y of shape \(2, 4\)"
        ),
    ):
        K.dot(K.placeholder((None, 3)), K.placeholder((2, 4)))
