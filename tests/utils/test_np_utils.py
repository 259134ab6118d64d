"""np_utils: the golden cases of Keras 1.2.2, and each function by its definition."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros import backend as K
from oneiros.errors import ArgumentError, DataError
from oneiros.utils import np_utils

PROBABILITIES = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])


def test_golden(golden_dir):
    cases = json.loads((golden_dir / "functions.json").read_text())["np_utils"]
    done = 0
    with np.load(golden_dir / "functions.npz") as arrays:
        for case in cases:
            if "expr" in case:
                ordering = re.fullmatch(
                    r"convert_kernel\(x0, '(t[hf])'\)", case["expr"]
                )[1]
                flipped = np_utils.convert_kernel(arrays[case["id"] + "/x0"], ordering)
                np.testing.assert_array_equal(flipped, arrays[case["id"] + "/y"])
            for name in ("conv_output_length", "conv_input_length"):
                for length in case.get(name, []):
                    assert (
                        getattr(np_utils, name)(*length["args"]) == length["value"]
                    ), (name, length)
            done += 1
    assert done == len(cases)


def test_to_categorical():
    np.testing.assert_array_equal(
        np_utils.to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]]
    )
    wide = np_utils.to_categorical(np.array([[1], [0]]), 4)
    np.testing.assert_array_equal(wide, np.eye(4)[[1, 0]])
    assert wide.dtype == np.float64
    assert np_utils.to_categorical([], 3).shape == (0, 3)
    np.testing.assert_array_equal(
        np_utils.to_categorical([1.0, 0.0]), np.eye(2)[[1, 0]]
    )


@pytest.mark.parametrize(("labels", "classes"), [([0, 3], 3), ([-1, 1], None)])
def test_to_categorical_refuses_numbers_out_of_range(labels, classes):
    with pytest.raises(ValueError, match=f"from {min(labels)} to {max(labels)}"):
        np_utils.to_categorical(labels, classes)


@pytest.mark.parametrize("classes", [True, 2.5, "3", -1])
def test_to_categorical_refuses_what_counts_no_classes(classes):
    with pytest.raises(
        ArgumentError, match=f"nb_classes={classes!r}. Expected an integer"
    ):
        np_utils.to_categorical([0, 1], classes)


@pytest.mark.parametrize("labels", ["cat", ["cat", "dog"], [[0], [1, 2]], None])
def test_to_categorical_refuses_what_numbers_no_classes(labels):
    with pytest.raises(DataError, match=r"to_categorical received y=.* class numbers"):
        np_utils.to_categorical(labels)


@pytest.mark.parametrize("classes", [None, 0, False, 3, 3.0, np.int64(3)])
def test_to_categorical_takes_numbers_of_classes_as_keras_1_did(classes):
    rows = np_utils.to_categorical([0, 2], classes)
    np.testing.assert_array_equal(rows, np.eye(3)[[0, 2]])


def test_normalize():
    a = np.array([[3.0, 4.0], [0.0, 0.0]])
    np.testing.assert_allclose(np_utils.normalize(a), [[0.6, 0.8], [0.0, 0.0]])
    np.testing.assert_allclose(
        np_utils.normalize(a, axis=0, order=1), [[1.0, 1.0], [0.0, 0.0]]
    )
    np.testing.assert_allclose(np_utils.normalize(np.array([3.0, 4.0])), [[0.6, 0.8]])


def test_losses():
    assert np_utils.binary_logloss([0.8, 0.3], [1, 0]) == pytest.approx(
        -(np.log(0.8) + np.log(0.7)) / 2
    )
    assert np_utils.binary_logloss([1.0], [0]) == pytest.approx(
        -np.log(1e-15), rel=1e-2
    )
    assert np_utils.multiclass_logloss(PROBABILITIES, [2, 1]) == pytest.approx(
        -(np.log(0.5) + np.log(0.6)) / 2
    )


def test_classes_and_accuracy():
    np.testing.assert_array_equal(np_utils.probas_to_classes(PROBABILITIES), [1, 0])
    np.testing.assert_array_equal(
        np_utils.categorical_probas_to_classes(PROBABILITIES), [1, 0]
    )
    np.testing.assert_array_equal(
        np_utils.probas_to_classes(np.array([[0.5], [0.6], [0.1]])), [0, 1, 0]
    )
    np.testing.assert_array_equal(
        np_utils.probas_to_classes(np.array([0.9, 0.5])), [1, 0]
    )
    assert np_utils.accuracy([1, 2, 3, 4], [1, 0, 3, 0]) == 0.5


def test_convert_kernel_follows_the_global_ordering_and_is_its_own_inverse():
    kernel = np.random.normal(size=(2, 3, 4, 5))
    np.testing.assert_array_equal(np_utils.convert_kernel(kernel), kernel[::-1, ::-1])
    assert K.image_dim_ordering() == "tf"
    for ordering in ("th", "tf"):
        np.testing.assert_array_equal(
            np_utils.convert_kernel(
                np_utils.convert_kernel(kernel, ordering), ordering
            ),
            kernel,
        )


def test_convert_kernel_refuses_other_kernels():
    with pytest.raises(ValueError, match=r"rank 4 or 5.*\(3, 4\)"):
        np_utils.convert_kernel(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="'channels_last'"):
        np_utils.convert_kernel(np.zeros((3, 3, 2, 2)), "channels_last")


LENGTHS = st.integers(1, 40)


@given(
    LENGTHS,
    st.integers(1, 7),
    st.integers(1, 4),
    st.integers(1, 3),
    st.sampled_from(["same", "valid", "full"]),
)
def test_conv_output_length_counts_positions(length, size, stride, dilation, mode):
    reach = (size - 1) * dilation
    padded = {"same": length + reach, "valid": length, "full": length + 2 * reach}[mode]
    if padded > reach:
        starts = range(0, padded - reach, stride)
        assert np_utils.conv_output_length(length, size, mode, stride, dilation) == len(
            starts
        )


@given(
    LENGTHS,
    st.sampled_from([1, 3, 5]),
    st.integers(1, 4),
    st.sampled_from(["same", "valid", "full"]),
)
def test_conv_input_length_inverts(length, size, stride, mode):
    entered = np_utils.conv_input_length(length, size, mode, stride)
    if entered > 0:
        assert np_utils.conv_output_length(entered, size, mode, stride) == length


def test_unknown_lengths_and_modes():
    assert np_utils.conv_output_length(None, 3, "valid", 1) is None
    assert np_utils.conv_input_length(None, 3, "valid", 1) is None
    with pytest.raises(ValueError, match="'reflect'"):
        np_utils.conv_output_length(8, 3, "reflect", 1)
