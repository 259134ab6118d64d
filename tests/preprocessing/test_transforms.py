"""Transformations of images, beside what Pillow and SciPy make of the same numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.preprocessing import image
from PIL import Image

AXES = {
    "th": {"channel_axis": 0, "row_axis": 1, "col_axis": 2},
    "tf": {"channel_axis": 2, "row_axis": 0, "col_axis": 1},
}
sizes = st.integers(2, 9)
seeds = st.integers(0, 2**32 - 1)


def picture(*shape):
    """Returns an image whose values are all different."""
    return np.random.permutation(np.prod(shape)).reshape(shape).astype("float32")


def drawn(seed, *arguments):
    """Returns what NumPy's generator draws first after a seed, and seeds it again."""
    np.random.seed(seed)
    value = np.random.uniform(*arguments)
    np.random.seed(seed)
    return value


def same_pixels(image_, other):
    """Returns the share of pixels that are the same."""
    return np.mean(np.asarray(image_) == np.asarray(other))


@pytest.mark.parametrize("seed", range(5))
def test_rotation_is_that_of_pillow(seed):
    x = np.random.random((1, 60, 40)).astype("float32")
    angle = drawn(seed, -70, 70)
    turned = image.random_rotation(x, 70, fill_mode="constant", cval=0.5)
    centre = (40 / 2 + 1, 60 / 2 + 1)  # Keras's centre; Pillow counts from the corner
    expected = Image.fromarray(x[0]).rotate(-angle, center=centre, fillcolor=0.5)
    assert same_pixels(turned[0], expected) > 0.95  # but for the border


@pytest.mark.parametrize("fill_mode", ["nearest", "constant", "reflect", "wrap"])
@given(seeds, sizes, sizes, st.integers(1, 4))
def test_a_transformation_is_that_of_scipy_on_each_channel(
    fill_mode, seed, height, width, channels
):
    from scipy import ndimage

    random = np.random.default_rng(seed)
    x = random.random((height, channels, width))
    matrix = np.eye(3) + random.normal(size=(3, 3))
    moved = image.apply_transform(
        x, matrix, channel_axis=1, fill_mode=fill_mode, cval=0.25
    )
    for channel in range(channels):
        expected = ndimage.affine_transform(
            x[:, channel],
            matrix[:2, :2],
            matrix[:2, 2],
            order=0,
            mode=fill_mode,
            cval=0.25,
        )
        np.testing.assert_array_equal(moved[:, channel], expected)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64"])
@pytest.mark.parametrize("cval", [-7, 0, 0.6, 3.5, 300])
def test_the_value_outside_is_what_scipy_makes_of_it(dtype, cval):
    from scipy import ndimage

    x = picture(1, 4, 4).astype(dtype)
    matrix = np.array([[1, 0, 2], [0, 1, 0], [0, 0, 1]])
    moved = image.apply_transform(x, matrix, fill_mode="constant", cval=cval)
    expected = ndimage.affine_transform(
        x[0], np.eye(2), (2, 0), order=0, mode="constant", cval=cval
    )
    np.testing.assert_array_equal(moved[0], expected)


@given(seeds)
def test_shearing_and_zooming_go_around_the_centre(seed):
    from scipy import ndimage

    x = picture(1, 8, 6)
    centre = np.array([8, 6]) / 2 + 0.5
    angle = drawn(seed, -0.7, 0.7)
    sheared = image.random_shear(x, 0.7)
    shear = np.array([[1, -np.sin(angle)], [0, np.cos(angle)]])
    factors = drawn(seed, 0.5, 2, 2)
    zoomed = image.random_zoom(x, (0.5, 2))
    for result, matrix in ((sheared, shear), (zoomed, np.diag(factors))):
        expected = ndimage.affine_transform(
            x[0], matrix, centre - matrix @ centre, order=0, mode="nearest"
        )
        assert same_pixels(result[0], expected) > 0.9  # but for what lies half-way


def test_a_zoom_of_one_draws_nothing():
    x = picture(1, 4, 4)
    np.random.seed(3)
    np.testing.assert_array_equal(image.random_zoom(x, (1, 1)), x)
    assert np.random.uniform() == np.random.RandomState(3).uniform()


@pytest.mark.parametrize("ordering", ["th", "tf"])
@given(seeds, st.floats(0, 100))
def test_channels_are_shifted_each_by_a_number_within_the_image_s_range(
    ordering, seed, intensity
):
    x = picture(3, 4, 5)
    shifts = np.random.RandomState(seed).uniform(-intensity, intensity, 3)
    expected = np.clip(x + shifts[:, None, None], x.min(), x.max())
    axis = AXES[ordering]["channel_axis"]
    np.random.seed(seed)
    shifted = image.random_channel_shift(np.moveaxis(x, 0, axis), intensity, axis)
    np.testing.assert_allclose(np.moveaxis(shifted, axis, 0), expected, atol=1e-4)


@given(sizes, sizes, st.integers(0, 2))
def test_flips_are_involutions_that_pillow_makes_too(height, width, axis):
    x = picture(height, width, 3)
    flipped = image.flip_axis(x, axis)
    np.testing.assert_array_equal(image.flip_axis(flipped, axis), x)
    if axis < 2:
        way = [Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.FLIP_LEFT_RIGHT][axis]
        expected = Image.fromarray(x[:, :, 0]).transpose(way)
        np.testing.assert_array_equal(flipped[:, :, 0], np.asarray(expected))


@given(seeds, st.floats(0, 0.5), st.floats(0, 0.5))
def test_random_shift_moves_by_fractions_of_its_own_axes(seed, wide, high):
    from scipy import ndimage

    x = picture(1, 6, 10)
    np.random.seed(seed)
    down = np.random.uniform(-high, high) * 6
    right = np.random.uniform(-wide, wide) * 10
    np.random.seed(seed)
    moved = image.random_shift(x, wide, high)
    expected = ndimage.shift(x[0], (-down, -right), order=0, mode="nearest")
    np.testing.assert_array_equal(moved[0], expected)


TRANSFORMS = {
    "rotation": lambda x, **axes: image.random_rotation(x, 50, **axes),
    "shift": lambda x, **axes: image.random_shift(x, 0.3, 0.2, **axes),
    "shear": lambda x, **axes: image.random_shear(x, 0.5, **axes),
    "zoom": lambda x, **axes: image.random_zoom(x, [0.5, 1.5], **axes),
}


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "int64"])
@pytest.mark.parametrize("name", TRANSFORMS)
def test_both_orderings_agree_and_the_type_stays(name, dtype):
    x = picture(3, 5, 7).astype(dtype)
    np.random.seed(7)
    first = TRANSFORMS[name](x, **AXES["th"])
    np.random.seed(7)
    last = TRANSFORMS[name](np.moveaxis(x, 0, 2), **AXES["tf"])
    np.testing.assert_array_equal(np.moveaxis(last, 2, 0), first)
    assert first.dtype == last.dtype == dtype
    assert not np.array_equal(first, x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: image.random_rotation(np.zeros((4, 4)), 10), r"shape \(4, 4\)"),
        (lambda: image.random_zoom(np.zeros((1, 4, 4)), 0.2), "zoom_range=0.2"),
        (lambda: image.random_channel_shift(3, 10), "received 3"),
        (
            lambda: image.apply_transform(
                np.zeros((1, 4, 4)), np.eye(3), fill_mode="mirrored"
            ),
            "'mirrored'.*'nearest'",
        ),
    ],
)
def test_errors_say_what_was_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()
