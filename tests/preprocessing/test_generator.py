"""Batches of transformed images from arrays: what is drawn, learned, saved and kept."""

import copy
import pickle
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oneiros.preprocessing.image import (
    ImageDataGenerator,
    Iterator,
    NumpyArrayIterator,
    img_to_array,
)
from PIL import Image

ORDERINGS = ("th", "tf")


def images(count=7, ordering="tf", size=(5, 6)):
    shape = (*size, 3) if ordering == "tf" else (3, *size)
    return np.random.randint(0, 256, (count, *shape)).astype("uint8")


def plain(ordering="tf", **options):
    return ImageDataGenerator(dim_ordering=ordering, **options)


ACTIVE = {
    "rotation_range": 30,
    "width_shift_range": 0.2,
    "height_shift_range": 0.1,
    "shear_range": 0.3,
    "zoom_range": 0.2,
    "channel_shift_range": 20.0,
    "horizontal_flip": True,
    "vertical_flip": True,
}


@given(st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_an_epoch_has_each_sample_once(n, batch_size, shuffle):
    order = Iterator(n, batch_size, shuffle, None).index_generator
    for _ in range(3):
        seen = []
        while len(seen) < n:
            numbers, first, size = next(order)
            assert first == len(seen)
            assert size == len(numbers) == min(batch_size, n - first)
            seen += numbers.tolist()
        assert sorted(seen) == list(range(n))
        assert shuffle or seen == list(range(n))


def test_batches_and_their_numbers():
    x = images(7)
    y = np.arange(7)
    batches = plain().flow(x, y, batch_size=3, shuffle=False)
    sizes = []
    for number in range(1, 7):
        batch, targets = next(batches)
        assert batch.dtype == "float32"
        np.testing.assert_array_equal(batch, x[targets])
        sizes.append(len(batch))
        assert batches.total_batches_seen == number
        assert batches.batch_index == number % 3
    assert sizes == [3, 3, 1, 3, 3, 1]
    next(batches)
    batches.reset()
    np.testing.assert_array_equal(next(batches)[1], [0, 1, 2])


def test_without_targets_a_batch_is_an_array():
    (batch,) = [next(plain().flow(images(), batch_size=4))]
    assert batch.shape == (4, 5, 6, 3)
    assert iter(batches := plain().flow(images())) is batches


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_seed_gives_the_same_batches(ordering):
    x = images(ordering=ordering)
    generator = plain(ordering, **ACTIVE)
    first, second = (generator.flow(x, batch_size=3, seed=5) for _ in range(2))
    for _ in range(5):
        expected = next(first)
        np.random.random(3)  # what happens between batches doesn't matter
        np.testing.assert_array_equal(next(second), expected)
    np.random.seed(8)
    expected = next(generator.flow(x))
    np.random.seed(8)
    np.testing.assert_array_equal(next(generator.flow(x)), expected)


def test_the_caller_s_images_stay_as_they_are():
    x = images().astype("float32")
    before = x.copy()
    generator = plain(rescale=0.5, samplewise_center=True, **ACTIVE)
    generator.fit(x, augment=True)
    next(generator.flow(x))
    generator.standardize(generator.random_transform(x[0]))
    plain(rescale=0.5).standardize(plain().random_transform(x[0]))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_whitened_pixels_are_uncorrelated(ordering):
    x = np.random.random((400, 1, 3, 4)) @ np.random.random((4, 4))
    if ordering == "tf":
        x = x.transpose(0, 2, 3, 1)
    x -= x.mean(axis=0)
    generator = plain(ordering, zca_whitening=True)
    generator.fit(x)
    batch = next(generator.flow(x, batch_size=400)).reshape(400, -1)
    np.testing.assert_allclose(batch.T @ batch / 400, np.eye(12), atol=0.02)
    matrix = generator.principal_components
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-4)


@pytest.mark.parametrize(
    "option", ["featurewise_center", "featurewise_std_normalization", "zca_whitening"]
)
def test_what_was_not_fitted_is_warned_of_and_passed_over(option):
    x = images(2)
    with pytest.warns(UserWarning, match=rf"{option}=True.*\.fit\(x\)"):
        batch = next(plain(**{option: True}).flow(x, shuffle=False))
    np.testing.assert_array_equal(batch, x)


def test_an_image_goes_through_the_function_before_it_is_rescaled():
    x = images(1)
    generator = plain(preprocessing_function=lambda image: image + 1, rescale=0.5)
    np.testing.assert_allclose(next(generator.flow(x)), (x + 1.0) / 2)


def test_attributes_that_are_set_later_count():
    x = images(2)
    generator = plain(featurewise_center=True)
    generator.mean = np.full((1, 1, 3), 7.0)
    generator.rescale = 2
    np.testing.assert_allclose(next(generator.flow(x, shuffle=False)), 2.0 * x - 7)


@pytest.mark.parametrize("channels", [1, 3])
def test_batches_are_saved_as_pictures(tmp_path, channels):
    x = np.random.randint(0, 256, (5, 8, 9, channels)).astype("uint8")
    x[:, 0, 0] = 0
    x[:, 0, 1] = 255
    folder = tmp_path / "made" / "here"
    batches = plain().flow(
        x,
        batch_size=3,
        shuffle=False,
        save_to_dir=folder,
        save_prefix="p",
        save_format="png",
    )
    next(batches), next(batches)
    names = {int(path.name.split("_")[1]): path for path in folder.glob("p_*_*.png")}
    assert sorted(names) == [0, 1, 2, 3, 4]
    for place, path in names.items():
        with Image.open(path) as saved:
            np.testing.assert_array_equal(img_to_array(saved, "tf"), x[place])


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_copies_and_pickles_go_on_where_an_iterator_was(copied):
    batches = plain(**ACTIVE).flow(images(), np.arange(7), batch_size=3, seed=4)
    next(batches)
    other = copied(batches)
    for _ in range(4):
        np.testing.assert_equal(next(other), next(batches))


def test_threads_share_an_epoch():
    batches = plain(**ACTIVE).flow(images(64), np.arange(64), batch_size=4)
    seen = []
    threads = [
        threading.Thread(
            target=lambda: [seen.extend(next(batches)[1].tolist()) for _ in range(4)]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(64))
    assert batches.total_batches_seen == 16


class Pairs(Iterator):
    """An iterator as users wrote them on top of Keras 1."""

    def __init__(self, x, **options):
        self.x = x
        super().__init__(len(x), options.pop("batch_size", 2), False, None)

    def next(self):
        with self.lock:
            index_array, current_index, current_batch_size = next(self.index_generator)
        return self.x[index_array], current_index + current_batch_size


class Backwards(Pairs):
    """One that says itself which samples a batch has."""

    def _flow_index(self, n, batch_size=32, shuffle=False, seed=None):
        while True:
            for end in range(n, 0, -batch_size):
                first = max(end - batch_size, 0)
                yield np.arange(first, end)[::-1], first, end - first


def test_an_order_of_one_s_own():
    backwards = Backwards(np.arange(5))
    assert [x.tolist() for x, _ in (next(backwards) for _ in range(4))] == [
        [4, 3],
        [2, 1],
        [0],
        [4, 3],
    ]
    assert backwards.oneiros_parts(2) == [backwards, backwards]


def test_iterators_of_one_s_own():
    pairs = Pairs(np.arange(5))
    assert [last for _, last in (next(pairs) for _ in range(4))] == [2, 4, 5, 2]
    with pytest.raises(NotImplementedError, match=r"define next\(self\)"):
        next(Iterator(3, 1, False, None))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plain().flow(images()[0]), r"shape \(5, 6, 3\).*four axes"),
        (lambda: plain("th").flow(images()), r"5 channels|has 5 channels"),
        (lambda: plain().flow(images(), np.zeros(3)), r"7 images.*y of shape \(3,\)"),
        (lambda: plain().flow(images(), 3), r"y of shape \(\)"),
        (lambda: plain().flow(images(0)), "an empty x"),
        (lambda: plain().flow(images(), batch_size=0), "batch_size=0"),
        (lambda: plain().flow(images(), seed="a"), "seed='a'"),
        (lambda: plain().fit(images()[:, 0]), r"fit received x of shape"),
        (lambda: plain().fit(images(0)), "no images to learn from"),
        (lambda: plain(zoom_range=(1, 2, 3)), "zoom_range"),
        (lambda: plain(zoom_range="much"), "zoom_range='much'"),
        (lambda: plain("channels_last"), "dim_ordering='channels_last'"),
        (
            lambda: NumpyArrayIterator(images(), None, plain(), dim_ordering="x"),
            "dim_ordering='x'",
        ),
    ],
)
def test_errors_say_what_was_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()


NUMBERS = [
    "rotation_range",
    "width_shift_range",
    "height_shift_range",
    "shear_range",
    "channel_shift_range",
    "cval",
    "rescale",
]


def test_options_are_switched_off_by_none_and_false():
    off = dict.fromkeys(NUMBERS[:-2], None) | {"rescale": None, "rotation_range": False}
    generator = plain(**off, preprocessing_function=None)
    image = images()[0]
    np.testing.assert_array_equal(generator.random_transform(image), image)
    assert generator.rotation_range is False
    assert plain(rotation_range=np.float32(0.5)).rotation_range == 0.5
