"""From what users pass to arrays: names, shapes, weights, batches."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from oneiros import objectives
from oneiros.engine import training
from oneiros.errors import DataError

SIZES = st.integers(1, 60)


def message(error, call, *args, **kwargs):
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    return str(caught.value)


class TestInputs:
    def test_an_array_that_fits_is_passed_on_itself(self):
        x = np.zeros((4, 3), "float32")
        for data in (x, [x], (x,), {"a": x}):
            (array,) = training.standardize_input_data(data, ["a"], [(None, 3)])
            assert array is x

    def test_one_axis_becomes_a_column(self):
        (array,) = training.standardize_input_data(np.arange(4), ["a"], [(None, 1)])
        assert array.shape == (4, 1)
        (array,) = training.standardize_input_data(np.arange(4), ["a"], [(None,)])
        assert array.shape == (4,)

    @pytest.mark.parametrize(
        "nested", [[[1, 2, 3]], [[1, 2, 3], [4, 5, 6]], [(1.0, 2, 3)]]
    )
    def test_nested_lists_of_numbers_are_one_array(self, nested):
        (array,) = training.standardize_input_data(nested, ["a"], [(None, 3)])
        np.testing.assert_array_equal(array, np.array(nested))

    def test_a_list_of_what_becomes_an_array_is_one_array(self):
        class Image:
            def __array__(self, dtype=None, copy=None):
                return np.ones((2, 3))

        (array,) = training.standardize_input_data([Image()], ["a"], [(None, 2, 3)])
        np.testing.assert_array_equal(array, np.ones((1, 2, 3)))

    def test_lists_of_numbers_for_two_inputs(self):
        arrays = training.standardize_input_data([[1, 2], [3.0, 4.0]], ["a", "b"])
        assert [array.tolist() for array in arrays] == [[[1], [2]], [[3.0], [4.0]]]

    def test_a_dict_is_read_by_name_and_may_hold_more(self):
        data = {"b": np.ones((2, 1)), "a": np.zeros((2, 1)), "spare": None}
        arrays = training.standardize_input_data(data, ["a", "b"])
        assert arrays[0] is data["a"] and arrays[1] is data["b"]

    def test_a_data_set_in_a_file_stays_in_the_file(self, tmp_path):
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file["x"] = np.arange(12).reshape(4, 3)
            (array,) = training.standardize_input_data(file["x"], ["a"], [(None, 3)])
            assert isinstance(array, h5py.Dataset)

    def test_numbers_among_the_objects_of_a_table(self):
        table = np.array([["rose", 1, 2.5], ["oak", np.int8(3), True]], object)
        (array,) = training.standardize_input_data(table[:, 1:], ["a"], [(None, 2)])
        assert array.dtype == "float32"
        assert array.tolist() == [[1, 2.5], [3, 1]]


class TestTargets:
    def test_a_second_target_without_names_goes_by_its_number(self):
        def mean_squared_error(y_true, y_pred):
            raise NotImplementedError

        text = message(
            DataError,
            training.check_loss_and_target_compatibility,
            [np.zeros((5, 3)), np.zeros((5, 2))],
            [mean_squared_error] * 2,
            [(None, 3)] * 2,
        )
        assert "model target 1: received an array of shape (5, 2)" in text

    def test_a_single_class_is_none_to_tell_apart(self):
        check = training.check_loss_and_target_compatibility
        losses = [objectives.categorical_crossentropy]
        check([np.zeros((2, 1, 3))], losses, [(2, 1, 3)])
        single = message(DataError, check, [np.zeros((2, 3, 1))], losses, [(2, 3, 1)])
        assert "You are passing a target array" in single
        other = message(DataError, check, [np.zeros((2, 3, 5))], losses, [(2, 3, 6)])
        assert "targets to have the same shape" in other

    def test_a_loss_that_takes_anything(self):
        training.check_loss_and_target_compatibility([np.zeros((5, 7))], [None], [None])


class TestWeights:
    def test_by_default_each_sample_counts_once(self):
        weights = training.standardize_weights(np.zeros((4, 2)))
        np.testing.assert_array_equal(weights, np.ones(4))
        assert weights.dtype == "float32"
        weights = training.standardize_weights(
            np.zeros((4, 5, 2)), sample_weight_mode="temporal"
        )
        np.testing.assert_array_equal(weights, np.ones((4, 5)))
        assert weights.strides == (0, 0), "they take memory"

    @given(arrays.arrays("int64", st.tuples(SIZES), elements=st.integers(0, 5)))
    def test_class_weights_from_numbers_and_from_columns(self, labels):
        table = {0: 1.0, 1: 0.5, 2: 3.0, 3: 0.0, 4: 7.0, 5: 2.0}
        expected = np.array([table[label] for label in labels], "float32")
        for y in (
            labels,
            labels[:, None],
            labels[:, None].astype("float32"),
            np.eye(6)[labels],
        ):
            np.testing.assert_array_equal(
                training.standardize_weights(y, class_weight=table), expected
            )

    def test_sample_weights_win_over_class_weights(self):
        given_weights = np.array([1.0, 2.0])
        assert (
            training.standardize_weights(np.eye(2), given_weights, {0: 5, 1: 6})
            is given_weights
        )

    @pytest.mark.parametrize(
        ("y", "arguments", "expected"),
        [
            (np.ones((2, 3, 4)), {"class_weight": {0: 1}}, "targets of 2 dimensions"),
            (
                np.ones((3, 4, 1)),
                {"sample_weight": np.ones(3), "sample_weight_mode": "temporal"},
                "received shape (3,), expected (3, 4)",
            ),
        ],
    )
    def test_weights_of_time_steps_that_do_not_fit(self, y, arguments, expected):
        call = training.standardize_weights
        assert expected in message(DataError, call, y, **arguments)

    def test_one_per_output(self):
        standardize = training.standardize_sample_weights
        a = np.ones(2)
        b = np.zeros(2)
        assert standardize(None, ["u", "v"]) == [None, None]
        assert standardize([], ["u"]) == [None]
        assert standardize(a, ["u"])[0] is a
        assert standardize([a], ["u"])[0] is a
        assert standardize([0.5, 1.0], ["u"]) == [[0.5, 1.0]]
        assert standardize([0.5], ["u"]) == [[0.5]]
        assert standardize({"u": a}, ["u"])[0] is a
        assert standardize({"v": b}, ["u", "v"])[0] is None
        assert standardize([a, b], ["u", "v"])[1] is b
        assert standardize([[1, 2], [3, 4]], ["u"]) == [[[1, 2], [3, 4]]]
        for table in (
            {0: 1.0},
            {0: 1, 1: np.float32(2)},
            {"0": 1.0},
            {0: np.array(2.0)},
        ):
            for weight in (table, [table], {"u": table}):
                assert training.standardize_class_weights(weight, ["u"]) == [table]
        for none in ([None], {"u": None}, {}, []):
            assert training.standardize_class_weights(none, ["u"]) == [None]
        assert training.standardize_class_weights({"v": {0: 1.0}}, ["u", "v"]) == [
            None,
            {0: 1.0},
        ]


class TestBatches:
    @given(st.integers(0, 200), SIZES)
    def test_batches_cover_everything_once_and_in_order(self, size, batch_size):
        batches = training.make_batches(size, batch_size)
        rows = [row for start, end in batches for row in range(start, end)]
        assert rows == list(range(size))
        assert all(end - start == batch_size for start, end in batches[:-1])
        assert all(0 < end - start <= batch_size for start, end in batches)

    @given(st.integers(0, 200), SIZES)
    def test_shuffled_batches_stay_together(self, size, batch_size):
        shuffled = training.batch_shuffle(np.arange(size), batch_size)
        assert sorted(shuffled) == list(range(size))
        for start, end in training.make_batches(size, batch_size):
            assert np.all(np.diff(shuffled[start:end]) == 1)
            assert shuffled[start] % batch_size == 0
        full = size - size % batch_size
        np.testing.assert_array_equal(shuffled[full:], np.arange(full, size))

    def test_shuffling_draws_from_numpys_global_generator(self):
        np.random.seed(3)
        first = training.batch_shuffle(np.arange(40), 4)
        np.random.seed(3)
        batches = np.arange(40).reshape(10, 4)
        np.random.shuffle(batches)
        np.testing.assert_array_equal(first, batches.ravel())

    def test_rows(self, tmp_path):
        x = np.arange(20).reshape(10, 2)
        np.testing.assert_array_equal(training.slice_X(x, 2, 5), x[2:5])
        np.testing.assert_array_equal(training.slice_X(x, [3, 1]), x[[3, 1]])
        slices = training.slice_X([x, -x], np.array([0, 9]))
        np.testing.assert_array_equal(slices[1], -x[[0, 9]])
        with h5py.File(tmp_path / "x.h5", "w") as file:
            file["x"] = x
            np.testing.assert_array_equal(
                training.slice_X(file["x"], np.array([1, 3, 4])), x[[1, 3, 4]]
            )
            np.testing.assert_array_equal(training.slice_X(file["x"], 4), x[4:])
