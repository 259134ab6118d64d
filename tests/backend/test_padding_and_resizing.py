"""Padding and resizing of K against numpy.pad and numpy.repeat, on each backend."""

import numpy as np
import pytest
from oneiros import backend as K
from random_arrays import array

SEQUENCES = (2, 3, 4)
IMAGES = (2, 3, 4, 5)
VOLUMES = (2, 3, 4, 2, 3)


def repeated(x, factors, start):
    for axis, factor in enumerate(factors, start):
        x = x.repeat(factor, axis)
    return x


CASES = {
    "temporal": (SEQUENCES, lambda x: K.temporal_padding(x, 2), [0, (2, 2), 0]),
    "temporal, default": (SEQUENCES, K.temporal_padding, [0, (1, 1), 0]),
    "temporal, apart": (
        SEQUENCES,
        lambda x: K.asymmetric_temporal_padding(x, 0, 3),
        [0, (0, 3), 0],
    ),
    "temporal, none": (SEQUENCES, lambda x: K.temporal_padding(x, 0), [0, 0, 0]),
    "images": (
        IMAGES,
        lambda x: K.spatial_2d_padding(x, (1, 2), "tf"),
        [0, (1, 1), (2, 2), 0],
    ),
    "images, th": (
        IMAGES,
        lambda x: K.spatial_2d_padding(x, [2, 0], "th"),
        [0, 0, (2, 2), 0],
    ),
    "images, apart": (
        IMAGES,
        lambda x: K.asymmetric_spatial_2d_padding(x, 1, 0, 2, 3, "tf"),
        [0, (1, 0), (2, 3), 0],
    ),
    "images, apart, th": (
        IMAGES,
        lambda x: K.asymmetric_spatial_2d_padding(x, 1, 0, 2, 3, dim_ordering="th"),
        [0, 0, (1, 0), (2, 3)],
    ),
    "volumes": (
        VOLUMES,
        lambda x: K.spatial_3d_padding(x, (1, 0, 2), "tf"),
        [0, (1, 1), 0, (2, 2), 0],
    ),
    "volumes, th": (
        VOLUMES,
        lambda x: K.spatial_3d_padding(x, (1, 0, 2), "th"),
        [0, 0, (1, 1), 0, (2, 2)],
    ),
    "resized images": (IMAGES, lambda x: K.resize_images(x, 2, 3, "tf"), (2, 3)),
    "resized images, th": (IMAGES, lambda x: K.resize_images(x, 3, 1, "th"), (1, 3, 1)),
    "resized volumes": (
        VOLUMES,
        lambda x: K.resize_volumes(x, 2, 1, 3, "tf"),
        (2, 1, 3),
    ),
    "resized volumes, th": (
        VOLUMES,
        lambda x: K.resize_volumes(x, 2, 3, 2, "th"),
        (1, 2, 3, 2),
    ),
}


def reference(x, change):
    if isinstance(change, tuple):
        return repeated(x, change, 1)
    return np.pad(x, [(n, n) if isinstance(n, int) else n for n in change])


@pytest.mark.parametrize("open_sizes", [False, True], ids=["known", "open"])
def test_values_shapes_and_gradients(open_sizes, backend):
    ins = []
    outs = []
    arrays = []
    expected = []
    for shape, build, change in CASES.values():
        x = array(*shape)
        x_in = (
            K.placeholder(ndim=x.ndim)
            if open_sizes
            else K.placeholder((None, *shape[1:]))
        )
        y = build(x_in)
        result = reference(x, change)
        if not open_sizes:
            assert K.int_shape(y) == (None, *result.shape[1:])
        weights = array(*result.shape)
        # The gradient of sum(y * w) is w where x went: read off by marking each cell of
        # x with its number.
        cells = reference(np.arange(1, x.size + 1).reshape(x.shape), change)
        gradient = np.bincount(cells.ravel(), weights.ravel(), x.size + 1)[1:].reshape(
            x.shape
        )
        ins.append(x_in)
        arrays.append(x)
        outs += [y, *K.gradients(K.sum(y * weights), [x_in])]
        expected += [result, gradient]
    names = [f"{name}, {what}" for name in CASES for what in ("value", "gradient")]
    for name, value, right in zip(
        names, K.function(ins, outs)(arrays), expected, strict=True
    ):
        assert value.shape == right.shape, name
        np.testing.assert_allclose(value, right, rtol=1e-5, atol=1e-6, err_msg=name)


def test_ordering_that_is_set_counts(predicting_backend, set_ordering):
    x = K.placeholder((None, 3, 4, 5))
    shapes = {
        "tf": ((None, 5, 8, 5), (None, 6, 4, 5)),
        "th": ((None, 3, 6, 9), (None, 3, 8, 5)),
    }
    for ordering, (padded, resized) in shapes.items():
        set_ordering(ordering)
        assert K.int_shape(K.spatial_2d_padding(x, (1, 2))) == padded
        assert K.int_shape(K.resize_images(x, 2, 1, "default")) == resized
