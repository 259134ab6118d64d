"""Padding and resizing of K on each backend: open sizes, gradients, and the ordering
that is set. The kit's cases tell values."""

import numpy as np
from oneiros import backend as K
from oneiros_testing.slopes import assert_slopes

SEQUENCES = (2, 3, 4)
IMAGES = (2, 3, 4, 5)
VOLUMES = (2, 3, 4, 2, 3)
CASES = {
    "temporal": (SEQUENCES, lambda x: K.asymmetric_temporal_padding(x, 0, 3)),
    "images": (IMAGES, lambda x: K.asymmetric_spatial_2d_padding(x, 1, 0, 2, 3, "tf")),
    "images, th": (IMAGES, lambda x: K.spatial_2d_padding(x, [2, 0], "th")),
    "volumes": (VOLUMES, lambda x: K.spatial_3d_padding(x, (1, 0, 2), "tf")),
    "resized images": (IMAGES, lambda x: K.resize_images(x, 2, 3, "tf")),
    "resized volumes, th": (VOLUMES, lambda x: K.resize_volumes(x, 2, 3, 2, "th")),
}


def test_gradients_of_open_sizes(backend, float64):
    cases = {}
    for name, (shape, build) in CASES.items():
        x = K.placeholder(ndim=len(shape))
        at = np.random.standard_normal(shape)
        cases[name] = K.sum(K.sin(build(x))), [x], [at]
    assert_slopes(cases)


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
