"""The checks of arguments: what passes, in which form, and what messages say."""

import numpy as np
import pytest
from oneiros import arguments
from oneiros.errors import ArgumentError
from oneiros.layers import Dense


@pytest.mark.parametrize("kind", [int, np.int8, np.int64, np.uint16])
def test_whole_numbers_become_plain_ints(kind):
    number = arguments.check_int("fit", "nb_epoch", kind(3))
    assert number == 3 and type(number) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True, np.True_, [1], 2 / 2])
def test_what_is_no_whole_number(value):
    with pytest.raises(ArgumentError, match=r"fit received nb_epoch=.* at least 1"):
        arguments.check_int("fit", "nb_epoch", value)


@pytest.mark.parametrize("kind", [float, np.float16, np.float32, np.float64])
def test_floats_of_code_for_keras_1(kind):
    number = arguments.int_if_whole(kind(100))
    assert number == 100 and type(number) is int
    assert arguments.int_if_whole(kind(0.5)) == 0.5
    assert arguments.int_if_whole(kind("inf")) == np.inf
    assert arguments.int_if_whole(None) is None
    assert arguments.int_if_whole("1.0") == "1.0"


def test_several_whole_numbers():
    assert arguments.check_ints("f", "n", np.array([1, 2]), 2) == (1, 2)
    for value in ((1,), (1, 0), (1, 2.0), (1, True), 2, "12", None):
        with pytest.raises(ArgumentError, match=r"2 integers .* such as \(2, 2\)"):
            arguments.check_ints("f", "n", value, 2)


@pytest.mark.parametrize(
    "value",
    [-0.1, 1.1, float("nan"), "0.5", None, [0.5, 0.5], np.ones(2), True, np.True_],
)
def test_what_is_no_fraction(value):
    with pytest.raises(ArgumentError, match="a fraction between 0 and 1"):
        arguments.check_fraction("f", "p", value)
    assert arguments.check_fraction("f", "p", np.float32(0.5)) == 0.5


def test_choices():
    assert arguments.check_choice("f", "mode", np.str_("same"), ("same", "valid"))
    assert arguments.check_choice("f", "shuffle", 1, (True, False, "batch")) is True
    for value in ("full", None, ["same"], np.zeros(2)):
        with pytest.raises(ArgumentError, match="Expected 'same' or 'valid'"):
            arguments.check_choice("f", "mode", value, ("same", "valid"))


def test_messages_name_the_layer_and_keep_short():
    layer = Dense(2, name="last")
    error = arguments.refusal(layer, "weights", np.zeros((30, 40)), "a list of arrays")
    expected = "received weights=ndarray of shape (30, 40). Expected a list of arrays."
    assert str(error) == f"Dense 'last' {expected}"


@pytest.mark.parametrize("value", [2, 0.5, np.int8(2), np.float32(0.5), np.ones(2)])
def test_numbers_stay_what_they_are(value):
    assert arguments.check_number("f", "lr", value) is value


@pytest.mark.parametrize("value", ["0.5", np.str_("1"), None, True, np.True_, [1], len])
def test_what_is_no_number(value):
    with pytest.raises(
        ArgumentError, match=r"f received lr=.* Expected a number, such as 0.5"
    ):
        arguments.check_number("f", "lr", value)


@pytest.mark.parametrize("value", [True, 1, 2, np.True_, np.int8(1), 1.0])
def test_what_counts_as_true(value):
    assert arguments.check_bool("f", "bias", value) is True


@pytest.mark.parametrize("value", [False, 0, np.False_, np.uint8(0), None])
def test_what_counts_as_false(value):
    assert arguments.check_bool("f", "bias", value) is False


@pytest.mark.parametrize("value", ["no", "", "True", np.str_("0")])
def test_text_is_no_truth_value(value):
    with pytest.raises(ArgumentError, match=r"received bias=.* Expected True or False"):
        arguments.check_bool("f", "bias", value)
