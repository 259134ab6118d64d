"""Convolutions, pooling, padding and resizing of K on each backend: what the kit's
cases don't tell.

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
def test_a_padded_volume_is_padded_once_more(strides, on_tensorflow):
    """TensorFlow with oneDNN forgets one of the two paddings."""
    kernel = K.variable(array(2, 3, 2, 1, 2))
    options = {"border_mode": "same", "strides": strides, "dim_ordering": "tf"}
    x, larger = K.placeholder((None, 3, 4, 5, 1)), K.placeholder((None, 5, 6, 9, 1))
    padded = K.spatial_3d_padding(x, (1, 1, 2), dim_ordering="tf")
    results = [K.conv3d(image, kernel, **options) for image in (padded, larger)]
    values = array(3, 3, 4, 5, 1)
    borders = [(0, 0), (1, 1), (1, 1), (2, 2), (0, 0)]
    compute = K.function([x, larger], results)
    np.testing.assert_allclose(*compute([values, np.pad(values, borders)]), atol=1e-5)


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


@pytest.mark.parametrize(
    ("ordering", "padded", "resized", "convolved"),
    [
        ("tf", (None, 5, 8, 4), (None, 6, 4, 4), (None, 2, 3, 3)),
        ("th", (None, 3, 6, 8), (None, 3, 8, 4), (None, 4, 3, 2)),
    ],
)
def test_ordering_that_is_set_counts(
    ordering, padded, resized, convolved, set_ordering
):
    x = K.placeholder((None, 3, 4, 4))
    kernel = K.zeros((2, 2, 4, 3) if ordering == "tf" else (4, 3, 2, 3))
    set_ordering(ordering)
    assert K.int_shape(K.spatial_2d_padding(x, (1, 2))) == padded
    assert K.int_shape(K.resize_images(x, 2, 1, "default")) == resized
    assert K.int_shape(K.conv2d(x, kernel)) == convolved


def test_announced_shapes_are_accepted():
    x, kernel = K.placeholder((None, 5, 5, 3)), K.placeholder((2, 2, 3, 4))
    announced = {"image_shape": (None, 5, 5, 3), "filter_shape": (2, 2, 3, 4)}
    y = K.conv2d(x, kernel, dim_ordering="tf", **announced)
    assert K.int_shape(y) == (None, 4, 4, 4)


# Derivatives


def separable(x, kernel):
    pointwise = K.variable(array64(1, 1, 4, 3, seed=5))
    return K.separable_conv2d(x, kernel, pointwise, (2, 2), "same", "tf")


def depthwise(x, kernel):
    options = {"dim_ordering": "tf", "filter_dilation": (2, 1)}
    return K.separable_conv2d(x, kernel, None, (1, 2), "same", **options)


def dilated(x, kernel):
    strides, dilation = (2, 1), (2, 3)
    return K.conv2d(x, kernel, strides, "valid", "tf", filter_dilation=dilation)


def back_to(function, shape, strides):
    return lambda x, k: function(x, k, shape, strides, "same", "tf")


CONVOLVED = [
    (lambda x, k: K.conv1d(x, k, 2, "same"), (2, 6, 2), (3, 2, 2)),
    (lambda x, k: K.conv2d(x, k, (1, 2), "same", "th"), (2, 2, 5, 4), (3, 2, 2, 2)),
    (lambda x, k: K.conv2d(x, k, (2, 1), "full", "tf"), (2, 4, 4, 2), (2, 3, 2, 2)),
    (dilated, (2, 7, 7, 2), (2, 2, 2, 2)),
    (lambda x, k: K.atrous_conv2d(x, k, 2, "same", "tf"), (2, 5, 5, 2), (2, 3, 2, 2)),
    (
        lambda x, k: K.conv3d(x, k, (1, 2, 1), "same", "tf"),
        (2, 3, 4, 3, 2),
        (2, 2, 2, 2, 2),
    ),
    (back_to(K.deconv2d, (2, 6, 5, 3), (2, 2)), (2, 3, 3, 2), (3, 2, 2, 3)),
    (separable, (2, 5, 4, 2), (3, 3, 2, 2)),
    (depthwise, (2, 5, 4, 2), (3, 2, 2, 2)),
    (back_to(K.deconv3d, (2, 4, 3, 2, 3), (2, 1, 1)), (2, 2, 3, 2, 2), (2, 2, 1, 2, 3)),
]
POOLED = [
    (K.pool2d, (3, 2), (2, 2), (2, 5, 5, 2)),
    (K.pool2d, (4, 5), (4, 5), (1, 9, 10, 2)),
    (K.pool3d, (2, 2, 2), (2, 1, 2), (2, 3, 4, 3, 2)),
]


def pooled(pool, window, strides, mode):
    return lambda x: pool(x, window, strides, "same", "tf", mode)


IMAGES = (2, 3, 4, 5)
VOLUMES = (2, 3, 4, 2, 3)
OF_OPEN_SIZES = [
    (lambda x: K.asymmetric_temporal_padding(x, 0, 3), (2, 3, 4)),
    (lambda x: K.asymmetric_spatial_2d_padding(x, 1, 0, 2, 3, "tf"), IMAGES),
    (lambda x: K.spatial_2d_padding(x, [2, 0], "th"), IMAGES),
    (lambda x: K.spatial_3d_padding(x, (1, 0, 2), "tf"), VOLUMES),
    (lambda x: K.resize_images(x, 2, 3, "tf"), IMAGES),
    (lambda x: K.resize_volumes(x, 2, 3, 2, "th"), VOLUMES),
]


def test_gradients_agree_with_differences(backend, float64):
    cases = {}

    def add(build, *shapes, declared=tuple):
        inputs = [K.placeholder(declared(shape)) for shape in shapes]
        at = [array64(*shape, seed=seed) for seed, shape in enumerate(shapes)]
        cases[len(cases)] = K.sum(K.sin(build(*inputs))), inputs, at

    for case in CONVOLVED:
        add(*case)
    for *case, shape in POOLED:
        for mode in ("max", "avg"):
            add(pooled(*case, mode), shape)
    for case in OF_OPEN_SIZES:
        add(*case, declared=lambda shape: (None,) * len(shape))
    assert_slopes(cases)
