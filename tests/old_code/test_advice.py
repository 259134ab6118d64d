"""Arguments of other versions of Keras: the error says what Keras 1 calls them."""

import inspect

import pytest
from oneiros.arguments import open_to_old_code
from oneiros.callbacks import ReduceLROnPlateau
from oneiros.layers import LSTM, Convolution2D, Dense, Input, MaxPooling2D, merge
from oneiros.models import Model, Sequential
from oneiros.preprocessing.text import Tokenizer
from oneiros.utils.np_utils import to_categorical
from oneiros_old_code.advice import RENAMED, unknown_argument

CALLS = [
    (lambda: Dense(5, kernel_initializer="zero"), "Dense", "'init'"),
    (lambda: LSTM(3, recurrent_dropout=0.2), "LSTM", "'dropout_U'"),
    (lambda: Convolution2D(8, 3, 3, padding="same"), "Convolution2D", "'border_mode'"),
    (lambda: merge([], axis=1), "merge", "'concat_axis' and 'mode'"),
    (lambda: MaxPooling2D(stride=(2, 2)), "MaxPooling2D", "'strides'"),
    (lambda: Dense(5, inptu_dim=3), "Dense", "'input_dim'"),
    (lambda: Tokenizer(num_words=9), "Tokenizer", "'nb_words'"),
    (lambda: ReduceLROnPlateau(min_delta=0.1), "ReduceLROnPlateau", "'epsilon'"),
    (lambda: to_categorical([1], num_classes=3), "to_categorical", "'nb_classes'"),
    (lambda: Model(input=Input((3,)), outputs=1), "^Model", "'output'"),
    (lambda: fitted(epochs=3), r"Sequential\.fit", "'nb_epoch'"),
    (lambda: Dense(2)(Input((3,)), training=True), r"Dense\.__call__", "x, mask"),
]


def fitted(**options):
    model = Sequential([Dense(1, input_dim=3)])
    return model.fit([[1, 2, 3]], [1], **options)


@pytest.mark.parametrize(("call", "where", "advice"), CALLS)
def test_the_error_has_the_name_in_keras_1(call, where, advice):
    with pytest.raises(TypeError, match=f"{where}.*{advice}"):
        call()


@pytest.mark.parametrize("name", RENAMED)
def test_each_name_of_the_table_is_advised_where_a_function_has_it(name):
    for own in RENAMED[name].split():
        assert f"Did you mean {own!r}" in str(unknown_argument("f", name, [own]))


def test_what_nobody_knows_lists_the_arguments():
    error = unknown_argument("f", "zzz", ["self", "one", "two", "kwargs"])
    assert str(error).endswith("It takes: one, two.")


def test_a_renamed_argument_is_never_advised_as_one_that_only_sounds_alike():
    error = unknown_argument("f", "validation_steps", ["validation_split"])
    assert str(error).endswith("It takes: validation_split.")


def test_open_functions_stay_what_they_are():
    @open_to_old_code
    def double(x, times=2):
        """Doubles."""
        return x * times

    assert double(3) == 6 and double(3, times=1) == 3 and double.__doc__ == "Doubles."
    assert list(inspect.signature(double).parameters) == ["x", "times"]
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        double()
