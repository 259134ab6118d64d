"""The inputs that are drawn for the comparison."""

import itertools

import numpy as np
import pytest
from oneiros import backend as K
from oneiros.exports import ExportError
from oneiros.layers import (
    LSTM,
    Convolution2D,
    Dense,
    Embedding,
    Flatten,
    GlobalMaxPooling2D,
    Input,
    Lambda,
    Masking,
    MaxPooling1D,
    merge,
)
from oneiros.models import Model, Sequential
from oneiros_exports.cases import drawn_cases
from oneiros_exports.replay import expectation_of

pytestmark = pytest.mark.usefixtures("theano")


def by_kind(cases):
    return {(case.kind, case.open_size): case for case in cases}


def drawn(model):
    return by_kind(itertools.chain.from_iterable(drawn_cases(model)))


def test_noise_saturates_gates_and_zeros_and_one_row_are_there():
    cases = drawn(Sequential([Dense(2, input_dim=3)]))
    assert list(cases) == [
        ("noise", None),
        ("wide noise", None),
        ("one row", None),
        ("zeros", None),
    ]
    assert (np.abs(cases["wide noise", None].arrays[0]) > 2.5).mean() > 0.4
    assert not cases["zeros", None].arrays[0].any()
    assert cases["one row", None].arrays[0].shape == (1, 3)


def test_masks_have_gaps_and_hide_whole_rows():
    model = Sequential([Masking(-1.0, input_shape=(6, 2)), LSTM(2)])
    (x,) = drawn(model)["gaps", None].arrays
    hidden = (x == -1).all(axis=-1)
    assert hidden[0].all()
    assert 0.2 < hidden[1:].mean() < 0.6
    starts, ends = hidden[1:, 0], hidden[1:, -1]
    assert starts.any() and ends.any() and not (starts | ends).all()


def test_open_sizes_that_are_too_small_for_the_model_are_left_out():
    x = Input((None, None, 3))
    y = GlobalMaxPooling2D()(Convolution2D(2, 9, 9)(x))
    cases = by_kind(expectation_of(Model(x, y)).cases)
    assert {size for _, size in cases} == {32, 67}
    assert cases["noise", 32].arrays[0].shape == (32, 32, 32, 3)


def test_a_single_row_that_a_model_does_not_take_is_left_out():
    pairs = Lambda(lambda x: K.reshape(K.reshape(x, (-1, 2, 3)), (-1, 3)), (3,))
    x = Input((3,))
    assert list(by_kind(expectation_of(Model(x, pairs(x))).cases)) == [
        ("noise", None),
        ("wide noise", None),
    ]


def test_if_no_size_fits_the_message_says_why_the_largest_does_not():
    steps = Input((None, 2))
    four = Input((4, 2))
    joined = merge([MaxPooling1D(2)(steps), four], mode="concat", concat_axis=2)
    with pytest.raises(ExportError, match=r"Merge .*\(32, 33, 2\).*inputs="):
        expectation_of(Model([steps, four], joined))


def test_integers_stay_below_the_number_of_embedded_words():
    words = Input((4,), dtype="int32")
    tags = Input((4,))
    inner = Sequential([Embedding(5, 2, input_length=4)])
    joined = merge([Embedding(300, 2)(words), inner(tags)], mode="concat")
    cases = drawn(Model([words, tags], joined))
    words, tags = cases["noise", None].arrays
    assert words.dtype == "int32" and 200 < words.max() < 300
    assert set(np.unique(tags)) == {0, 1, 2, 3, 4}
    assert not cases["gaps", None].arrays[0][0].any()


def test_words_that_other_layers_pass_on_are_indices():
    """Also if their type is that of floats, as it is without a dtype."""
    words = Input((2, 3))
    tags = Input((4,))
    steps = Input((5, 2))
    joined = merge([Flatten()(words), tags], mode="concat")
    last = LSTM(3)(Embedding(6, 2)(joined))
    cases = drawn(Model([words, tags, steps], [last, LSTM(2)(steps)]))
    words, tags, steps = cases["wide noise", None].arrays
    assert {*np.unique(words), *np.unique(tags)} == {0, 1, 2, 3, 4, 5}
    assert steps.min() < 0


def test_outputs_without_a_number_are_no_proof():
    model = Sequential([Dense(2, input_dim=3, name="d")])
    model.set_weights([np.full((3, 2), np.nan), np.zeros(2)])
    with pytest.raises(ExportError, match="only NaN or infinity for d, so nothing"):
        expectation_of(model)


def test_a_fixed_batch_size_is_kept():
    fixed = Input(batch_shape=(5, 4, 3))
    model = Model([Input((3,)), fixed], LSTM(2)(fixed))
    shapes = {tuple(x.shape for x in case.arrays) for case in drawn(model).values()}
    assert shapes == {((5, 3), (5, 4, 3))}
