"""What Keras 0.x had under other names, or had and Keras 1 hasn't: the answer says what
to write."""

import pytest
from oneiros.errors import ArgumentError
from oneiros.layers import BatchNormalization


def test_get_file_is_where_data_sets_had_it():
    from oneiros.datasets.data_utils import get_file
    from oneiros.utils import data_utils

    assert get_file is data_utils.get_file


def test_batch_normalization_of_a_shape_says_to_leave_it_out():
    with pytest.raises(ArgumentError, match="leave out the shape"):
        BatchNormalization((64,))
