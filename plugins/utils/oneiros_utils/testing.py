"""Helpers for tests: made-up data, and what every layer must be able to do."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.testing import assert_allclose
from oneiros import backend as K
from oneiros import layers, models
from oneiros.config import custom_object_scope

SPREAD = 0.7
"""Standard deviation of made-up data around what is to be learned."""
LARGEST_SIZE = 3
"""Largest size that is drawn where a shape has None."""
SCALE = 10
"""Made-up inputs lie between 0 and this."""
TOLERANCE = 1e-3
"""Relative difference up to which outputs agree."""
Array = np.ndarray[Any, Any]
Part = tuple[Array, Array]
Shape = tuple[int | None, ...]


def get_test_data(
    nb_train: int = 1000,
    nb_test: int = 500,
    input_shape: tuple[int, ...] = (10,),
    output_shape: tuple[int, ...] = (2,),
    classification: bool = True,
    nb_class: int = 2,
) -> tuple[Part, Part]:
    """Makes data up, from NumPy's generator, in which there is something to learn.

    # Arguments
        nb_train: int, number of samples for training.
        nb_test: int, number of samples for testing.
        input_shape: tuple of int, shape of an input.
        output_shape: tuple of int, shape of a target; not for classes.
        classification: bool, whether targets are classes. Each number of an input is
            normally distributed around the class, or around a number that the target
            lies around, too.
        nb_class: int, number of classes.

    # Returns
        `(X_train, y_train), (X_test, y_test)`: float64 inputs, and int classes, `(n,)`,
        or float64 targets.

    # Example
        ```python
        from oneiros.utils.test_utils import get_test_data

        (X_train, y_train), (X_test, y_test) = get_test_data(20, 10, input_shape=(4,))
        print(X_train.shape, y_test.shape)  # (20, 4) (10,)
        ```
    """
    nb_sample = nb_train + nb_test
    input_size = prod(input_shape)
    if classification:
        y = np.random.randint(0, nb_class, size=nb_sample)
        X = _around(y, input_size)
    else:
        centres = np.random.random(nb_sample)
        drawn = _around(centres, input_size + prod(output_shape))
        X = drawn[:, :input_size]
        y = drawn[:, input_size:].reshape(nb_sample, *output_shape)
    X = X.reshape(nb_sample, *input_shape)
    return (X[:nb_train], y[:nb_train]), (X[nb_train:], y[nb_train:])


def _around(centres: Array, size: int) -> Array:
    """Draws a row of numbers around each centre."""
    return np.random.normal(centres[:, None], SPREAD, (len(centres), size))


def layer_test(
    layer_cls: type[Any],
    kwargs: dict[str, Any] = {},  # noqa: B006  the default of Keras 1; never changed
    input_shape: Shape | None = None,
    input_dtype: str | None = None,
    input_data: Any = None,
    expected_output: Any = None,
    expected_output_dtype: str | None = None,
    fixed_batch_size: bool = False,
) -> Array:
    """Checks what every layer must be able to do.

    It is built with its arguments, takes its own weights, predicts in a Model and in a
    Sequential model, has the shape and type that it declares, predicts the same after
    it was made again from its configuration, and trains.

    # Arguments
        layer_cls: class of the layer.
        kwargs: dict, arguments of its constructor.
        input_shape: tuple, shape of a batch; what is None is drawn.
        input_dtype: str, type of the inputs; by default `K.floatx()`, or that of
            `input_data`.
        input_data: array, a batch; made up if not given.
        expected_output: array that the layer must return for it.
        expected_output_dtype: str, type of the output; by default that of the inputs.
        fixed_batch_size: bool, whether the layer needs to know the size of batches.

    # Returns
        The layer's output, an array.

    # Raises
        AssertionError: if the layer fails a check.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.utils.test_utils import layer_test

        output = layer_test(Dense, {"output_dim": 4}, input_shape=(5, 3))
        print(output.shape)  # (5, 4)
        ```
    """
    data = _batch(input_shape, input_dtype, input_data)
    shape = tuple(input_shape or data.shape)
    dtype = str(data.dtype)
    layer = layer_cls(**kwargs)
    _check_own_weights(layer, layer_cls, kwargs)
    batch_shape = shape if fixed_batch_size else (None, *shape[1:])
    x = layers.Input(batch_shape=batch_shape, dtype=dtype)
    y = layer(x)
    output_dtype = expected_output_dtype or dtype
    assert K.dtype(y) == output_dtype, (K.dtype(y), output_dtype)

    declared = layer.get_output_shape_for(shape)
    config = {**layer.get_config(), "batch_input_shape": shape}
    if dtype != K.floatx():
        config["input_dtype"] = dtype
    with custom_object_scope({layer_cls.__name__: layer_cls}):
        alone = models.Sequential()
        alone.add(layer_cls.from_config(config))
        for model in (models.Model(input=x, output=y), alone):
            output = _checked_output(model, data, declared, expected_output)
            _check_copy(model, data, output)
            model.compile("rmsprop", "mse")
            model.train_on_batch(data, output)
    return output


def _batch(shape: Shape | None, dtype: str | None, data: Any) -> Array:
    """Returns a batch, which is made up if none is given."""
    if data is not None:
        return np.asarray(data, dtype)
    assert shape, "layer_test takes input_shape or input_data."
    sizes = [size or np.random.randint(1, LARGEST_SIZE + 1) for size in shape]
    batch = SCALE * np.random.random(sizes)
    return batch.astype(dtype or K.floatx())


def _check_own_weights(
    layer: Any, layer_cls: type[Any], kwargs: dict[str, Any]
) -> None:
    """Sets a layer's weights to what they are, and gives them to its constructor, if
    that takes weights."""
    weights = layer.get_weights()
    layer.set_weights(weights)
    if "weights" in inspect.signature(layer_cls.__init__).parameters:
        layer_cls(**{**kwargs, "weights": weights})


def _checked_output(model: Any, data: Array, declared: Shape, expected: Any) -> Array:
    """Returns what a model predicts, if it has the shape that its layer declares."""
    output: Array = model.predict(data)
    fits = len(declared) == output.ndim and all(
        wanted in (None, size)
        for wanted, size in zip(declared, output.shape, strict=True)
    )
    assert fits, f"{model.layers[-1].name} declares {declared}, gives {output.shape}"
    if expected is not None:
        assert_allclose(output, expected, rtol=TOLERANCE)
    return output


def _check_copy(model: Any, data: Array, output: Array) -> None:
    """Checks that a model made again from its configuration predicts the same."""
    copy = type(model).from_config(model.get_config())
    weights = model.get_weights()
    if weights:
        copy.set_weights(weights)
        assert_allclose(copy.predict(data), output, rtol=TOLERANCE)


def keras_test(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a test so that what it leaves in the session is dropped afterwards.

    # Arguments
        func: function, the test.

    # Returns
        A function that does the same, and calls `K.clear_session()` then.

    # Example
        ```python
        from oneiros.utils.test_utils import keras_test

        @keras_test
        def test_sum():
            return 1 + 1

        print(test_sum())  # 2
        ```
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = func(*args, **kwargs)
        K.clear_session()
        return result

    return wrapper
