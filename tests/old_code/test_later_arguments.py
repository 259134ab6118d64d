"""Arguments of Keras 2 for functions and callbacks: the answer has the line to write,
or says what to do instead."""

import inspect
import re

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import callbacks, constraints
from oneiros.datasets import mnist, reuters
from oneiros.engine.hints import open_to_old_code
from oneiros.layers import Dense, Input, merge
from oneiros.models import Sequential, load_model, save_model
from oneiros.preprocessing import image, sequence, text
from oneiros.utils.data_utils import get_file
from oneiros.utils.np_utils import to_categorical
from oneiros.utils.visualize_util import plot

NAMES = {
    **{name: getattr(callbacks, name) for name in dir(callbacks)},
    **{name: getattr(image, name) for name in dir(image)},
    "K": K,
    "MaxNorm": constraints.MaxNorm,
    "Tokenizer": text.Tokenizer,
    "get_file": get_file,
    "load_model": load_model,
    "merge": merge,
    "mnist": mnist,
    "pad_sequences": sequence.pad_sequences,
    "pixels": np.zeros((2, 3, 1)),
    "plot": plot,
    "reuters": reuters,
    "save_model": save_model,
    "skipgrams": sequence.skipgrams,
    "to_categorical": to_categorical,
}

RENAMED = {
    "MaxNorm(max_value=3)": "MaxNorm(m=3)",
    "ReduceLROnPlateau(patience=2, min_delta=0.1)": (
        "ReduceLROnPlateau(patience=2, epsilon=0.1)"
    ),
    "Tokenizer(num_words=10)": "Tokenizer(nb_words=10)",
    "skipgrams([1, 2], vocab_size=3)": "skipgrams([1, 2], vocabulary_size=3)",
    "to_categorical([1], num_classes=3)": "to_categorical([1], nb_classes=3)",
    "ImageDataGenerator(data_format='channels_first')": (
        "ImageDataGenerator(dim_ordering='th')"
    ),
    "K.random_normal((2, 2), stddev=0.5)": "K.random_normal((2, 2), std=0.5)",
}


@pytest.mark.parametrize("call", RENAMED)
def test_calls_get_the_line_to_write(call):
    with pytest.raises(TypeError) as caught:
        eval(call, NAMES)
    line = re.search(r"Write (.*)\.$", str(caught.value)).group(1)
    assert line == RENAMED[call]
    assert eval(line, NAMES) is not None


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        ("EarlyStopping(restore_best_weights=True)", "save_best_only=True"),
        ("ModelCheckpoint('a.h5', save_freq='epoch')", "period=n"),
        ("ModelCheckpoint('a.h5', monitr='acc')", "Did you mean 'monitor'?"),
        ("TensorBoard('logs', update_freq=1)", "histogram_freq"),
        ("LearningRateScheduler(abs, verbose=1)", "It takes: schedule."),
        ("ImageDataGenerator(validation_split=0.1)", "one generator for each part"),
        ("ImageDataGenerator().flow(pixels, subset='a')", "one generator for each"),
        ("load_img('a.png', color_mode='grayscale')", "grayscale=True"),
        ("pad_sequences([[1]], max_len=3)", "Did you mean 'maxlen'?"),
        ("reuters.load_data(num_words=9)", "Write load_data(nb_words=9)."),
        ("mnist.load_data(num_words=9)", "It takes: path, budget."),
        ("load_model('a.h5', compile=False)", "compiled when it is loaded"),
        ("save_model(None, 'a.h5', save_format='h5')", "ending of the path"),
        ("get_file('a', origin='b', file_hash='c')", "md5_hash="),
        ("plot(None, rankdir='LR')", "from top to bottom"),
        ("merge([1, 2], axis=1)", "Write merge([1, 2], concat_axis=1)."),
        ("K.sum(pixels, keep_dims=True)", "K.sum received the unknown argument"),
    ],
)
def test_calls_say_what_to_do_instead(call, advice):
    with pytest.raises(TypeError, match=re.escape(advice)):
        eval(call, NAMES)


def test_models_say_the_line_to_write():
    model = Sequential([Dense(1, input_dim=2)])
    model.compile("sgd", "mse")
    x = [[1.0, 2.0]]
    with pytest.raises(TypeError) as caught:
        model.fit(x, [3], epochs=1, verbose=0)
    line = re.search(r"Write (.*)\.$", str(caught.value)).group(1)
    assert line == "model.fit([[1.0, 2.0]], [3], nb_epoch=1, verbose=0)"
    assert eval(line, {"model": model}).epoch == [0]


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_arrays_need_no_number_of_steps(method):
    model = Sequential([Dense(1, input_dim=2)])
    steps = "steps_per_epoch" if method == "fit" else "steps"
    with pytest.raises(TypeError, match=f"{steps}'. Remove it: arrays are used whole"):
        getattr(model, method)([[1.0, 2.0]], **{steps: 3})


def test_open_functions_stay_what_they_are():
    assert merge.__name__ == "merge"
    assert "concat_axis" in inspect.signature(merge).parameters
    assert K.int_shape(Input(shape=(3,))) == (None, 3)


def test_errors_from_inside_a_call_that_fits_stay_as_they_are():
    @open_to_old_code
    def length(x):
        return len(x)

    assert length("abc") == 3
    with pytest.raises(TypeError, match="object of type 'int' has no len"):
        length(5)
