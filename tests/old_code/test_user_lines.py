"""Warnings point at the line of the program that they are about."""

import warnings

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.layers import Dense, Highway
from oneiros.models import Sequential

X = np.random.RandomState(0).uniform(size=(4, 3)).astype("float32")
LABELS = np.array([[0], [1], [2], [7]])


def compiled(loss="mse", **arguments):
    model = Sequential([Dense(3, input_dim=3, activation="softmax")])
    model.compile("sgd", loss, **arguments)
    return model


def fit_with_class_weight():
    compiled().fit(X, np.eye(4, 3), class_weight="auto", nb_epoch=1, verbose=0)


def train_with_class_weight():
    compiled().train_on_batch(X, np.eye(4, 3), class_weight="auto")


def fit_with_wrong_classes():
    model = compiled("sparse_categorical_crossentropy")
    model.fit(X, LABELS, nb_epoch=1, verbose=0)


def evaluate_with_wrong_classes():
    compiled("sparse_categorical_crossentropy").evaluate(X, LABELS, verbose=0)


def compile_with_mode():
    compiled(run_metadata=None).train_on_batch(X, np.eye(4, 3))


def function_with_mode():
    K.function([], [], jit_compile=True)


def dropped_argument():
    Highway(transform_bias=1)


PROGRAMS = [
    fit_with_class_weight,
    train_with_class_weight,
    fit_with_wrong_classes,
    evaluate_with_wrong_classes,
    compile_with_mode,
    function_with_mode,
    dropped_argument,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_program_is_pointed_at(program):
    with K.use("theano"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program()
    assert [warning.filename for warning in caught] == [__file__]
    (warning,) = caught
    first = program.__code__.co_firstlineno
    helper = compiled.__code__.co_firstlineno
    assert first < warning.lineno <= first + 2 or warning.lineno == helper + 2


@pytest.mark.parametrize("suffix", [".keras", ".pt", ".PKL"])
def test_a_suffix_of_another_format_is_told_after_the_file_is_written(suffix, tmp_path):
    path = tmp_path / f"model{suffix}"
    for save in (compiled().save, compiled().save_weights):
        with pytest.warns(
            UserWarning, match=r"is an HDF5 .* call it model\.h5"
        ) as caught:
            save(path)
        assert [warning.filename for warning in caught] == [__file__]
        assert path.read_bytes().startswith(b"\x89HDF")
        path.unlink()


@pytest.mark.parametrize("name", ["model", "model.h5", "weights.05-0.31", "a.model"])
def test_other_suffixes_are_nobodys_and_silent(name, tmp_path):
    compiled().save(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(b"\x89HDF")
