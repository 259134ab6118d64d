"""Convolutions and pooling of K on each backend: what the kit's cases don't tell.

Open sizes, the ordering that is set, derivatives.
"""

import functools

import numpy as np
import pytest
from comparison import assert_each_close
from k_references import IMAGE_REFERENCES, deconvolution
from oneiros import backend as K
from oneiros_testing.slopes import assert_slopes
from random_arrays import array

array64 = functools.partial(array, dtype="float64")


@pytest.mark.parametrize("strides", [(1, 1, 1), (1, 2, 1)])
def test_a_padded_volume_is_padded_once_more(strides, predicting_backend):
    """TensorFlow with oneDNN forgets one of the two paddings."""
    random = np.random.RandomState(0)
    kernel = K.variable(random.normal(size=(2, 3, 2, 1, 2)))

    def convolved(x):
        options = {"border_mode": "same", "strides": strides, "dim_ordering": "tf"}
        return K.conv3d(x, kernel, **options)

    x = K.placeholder((None, 3, 4, 5, 1))
    padded = K.spatial_3d_padding(x, (1, 1, 2), dim_ordering="tf")
    larger = K.placeholder((None, 5, 6, 9, 1))
    values = random.normal(size=(3, 3, 4, 5, 1)).astype("float32")
    borders = [(0, 0), (1, 1), (1, 1), (2, 2), (0, 0)]
    (computed,) = K.function([x], [convolved(padded)])([values])
    (expected,) = K.function([larger], [convolved(larger)])([np.pad(values, borders)])
    np.testing.assert_allclose(computed, expected, atol=1e-5)


def test_deconv2d_to_the_size_of_another_tensor(predicting_backend):
    x = array64(2, 3, 3, 2)
    kernel = array64(2, 2, 2, 1, seed=1)
    like = array64(2, 5, 6, 1, seed=2)
    ins = [K.placeholder((None, None, None, n)) for n in (2, 1)]
    shape = (None, K.shape(ins[1])[1], K.shape(ins[1])[2], 1)
    y = K.deconv2d(ins[0], K.variable(kernel), shape, (2, 2), "same", "tf")
    (value,) = K.function(ins, [y])([x, like])
    expected = deconvolution(x, kernel, like.shape, (2, 2), "same")
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def test_spatial_sizes_may_be_open(predicting_backend):
    x = array64(2, 7, 6, 3)
    kernel = {"kernel": array64(3, 2, 3, 4, seed=1)}
    depthwise = {"depthwise_kernel": array64(3, 3, 3, 2, seed=2)}
    pointwise = {"pointwise_kernel": array64(1, 1, 6, 4, seed=3)}
    window = {"pool_size": (3, 3), "strides": (2, 2), "border_mode": "same"}
    calls = [
        ("conv2d", {**kernel, "strides": (2, 2), "border_mode": "same"}),
        ("conv2d", {**kernel, "strides": (1, 2), "border_mode": "full"}),
        ("conv2d", {**kernel, "border_mode": "same", "filter_dilation": (2, 3)}),
        ("separable_conv2d", {**depthwise, **pointwise, "strides": (1, 2)}),
        ("pool2d", {**window, "pool_mode": "max"}),
        ("pool2d", {**window, "pool_mode": "avg"}),
    ]
    x_in = K.placeholder((None, None, None, 3))
    results = [
        getattr(K, name)(x_in, dim_ordering="tf", **of_tensors(received))
        for name, received in calls
    ]
    expected = [IMAGE_REFERENCES[name](x=x, **received) for name, received in calls]
    values = K.function([x_in], results)([x])
    assert_each_close(values, expected, rtol=1e-4, atol=1e-5)


def of_tensors(received):
    return {
        name: K.variable(value) if isinstance(value, np.ndarray) else value
        for name, value in received.items()
    }


@pytest.mark.parametrize("ordering", ["tf", "th"])
def test_default_ordering_is_the_one_that_is_set(
    ordering, predicting_backend, set_ordering
):
    x, kernel = K.variable(array(2, 4, 4, 4)), K.variable(array(4, 4, 4, 4))
    set_ordering(ordering)
    convolved = [K.conv2d(x, kernel), K.conv2d(x, kernel, dim_ordering=ordering)]
    np.testing.assert_array_equal(*K.function([], convolved)([]))


# Derivatives

DIFFERENTIABLE = {
    "conv1d": (lambda x, k: K.conv1d(x, k, 2, "same"), (2, 6, 2), (3, 2, 2)),
    "conv2d": (
        lambda x, k: K.conv2d(x, k, (1, 2), "same", "th"),
        (2, 2, 5, 4),
        (3, 2, 2, 2),
    ),
    "conv2d, full": (
        lambda x, k: K.conv2d(x, k, (2, 1), "full", "tf"),
        (2, 4, 4, 2),
        (2, 3, 2, 2),
    ),
    "conv2d, both": (
        lambda x, k: K.conv2d(x, k, (2, 1), "valid", "tf", filter_dilation=(2, 3)),
        (2, 7, 7, 2),
        (2, 2, 2, 2),
    ),
    "atrous": (
        lambda x, k: K.atrous_conv2d(x, k, 2, "same", "tf"),
        (2, 5, 5, 2),
        (2, 3, 2, 2),
    ),
    "conv3d": (
        lambda x, k: K.conv3d(x, k, (1, 2, 1), "same", "tf"),
        (2, 3, 4, 3, 2),
        (2, 2, 2, 2, 2),
    ),
    "deconv2d": (
        lambda x, k: K.deconv2d(x, k, (2, 6, 5, 3), (2, 2), "same", "tf"),
        (2, 3, 3, 2),
        (3, 2, 2, 3),
    ),
    "separable": (
        lambda x, k: K.separable_conv2d(
            x, k, K.variable(array64(1, 1, 4, 3, seed=5)), (2, 2), "same", "tf"
        ),
        (2, 5, 4, 2),
        (3, 3, 2, 2),
    ),
    "depthwise": (
        lambda x, k: K.separable_conv2d(
            x, k, None, (1, 2), "same", "tf", filter_dilation=(2, 1)
        ),
        (2, 5, 4, 2),
        (3, 2, 2, 2),
    ),
    "deconv3d": (
        lambda x, k: K.deconv3d(x, k, (2, 4, 3, 2, 3), (2, 1, 1), "same", "tf"),
        (2, 2, 3, 2, 2),
        (2, 2, 1, 2, 3),
    ),
}
POOLED = {
    "small": (K.pool2d, (3, 2), (2, 2), (2, 5, 5, 2)),
    "large": (K.pool2d, (4, 5), (4, 5), (1, 9, 10, 2)),
    "volumes": (K.pool3d, (2, 2, 2), (2, 1, 2), (2, 3, 4, 3, 2)),
}


def scaled_pooling(pool, window, strides, mode):
    return lambda x, k: k * pool(x, window, strides, "same", "tf", mode)


DIFFERENTIABLE |= {
    (name, mode): (scaled_pooling(pool, window, strides, mode), shape, (2,))
    for name, (pool, window, strides, shape) in POOLED.items()
    for mode in ("max", "avg")
}


def test_gradients_agree_with_differences(backend, float64):
    cases = {}
    for name, (build, *shapes) in DIFFERENTIABLE.items():
        inputs = [K.placeholder(shape) for shape in shapes]
        at = [array64(*shape, seed=seed) for seed, shape in enumerate(shapes)]
        cases[name] = K.sum(K.sin(build(*inputs))), inputs, at
    assert_slopes(cases)


def test_announced_shapes_are_accepted(predicting_backend):
    x, kernel = K.placeholder((None, 5, 5, 3)), K.placeholder((2, 2, 3, 4))
    y = K.conv2d(
        x,
        kernel,
        dim_ordering="tf",
        image_shape=(None, 5, 5, 3),
        filter_shape=(2, 2, 3, 4),
    )
    assert K.int_shape(y) == (None, 4, 4, 4)
