"""The networks of keras.applications: counts, names, arguments, files of weights."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from oneiros import applications, initializations
from oneiros import backend as K
from oneiros.applications import (
    audio_conv_utils,
    imagenet_utils,
    inception_v3,
    resnet50,
    vgg16,
)
from oneiros.applications.music_tagger_crnn import MusicTaggerCRNN
from oneiros.errors import FileFormatError
from oneiros.layers import Dense, Flatten, Input
from oneiros.models import Model

GENUINE = Path(__file__).parents[1] / "saving" / "genuine" / "music_tagger_crnn"
COUNTS = {
    "VGG16": (138_357_544, 14_714_688, 48),
    "VGG19": (143_667_240, 20_024_384, 48),
    "ResNet50": (25_636_712, 23_587_712, 197),
    "InceptionV3": (23_660_968, 21_611_968, 139),
    "Xception": (22_910_480, 20_861_480, 71),
}
"""Parameters with and without top, and the smallest image.

The paper on Xception tells how many of Xception's and InceptionV3's can be trained.
"""
TRAINABLE = {"InceptionV3": 23_626_728, "Xception": 22_855_952}
LAYERS = {
    "VGG16": ["block5_pool", "flatten", "fc1", "fc2", "predictions"],
    "VGG19": ["block5_conv4"],
    "ResNet50": ["conv1", "bn_conv1", "res2a_branch1", "bn4f_branch2c", "avg_pool"],
    "InceptionV3": ["mixed9_0", "mixed9", "mixed9_1"],
    "Xception": ["block1_conv2_act", "block12_sepconv3_bn", "block14_sepconv2"],
}
"""Names of layers, in order."""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The folder in which Keras keeps the weights of networks."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = tmp_path / "models"
    folder.mkdir()
    return folder


@pytest.fixture
def built_soon(monkeypatch):
    """Networks are built on JAX, whose graphs take half the time of Theano's, with
    zeros for initial weights: drawing a hundred million takes seconds."""
    monkeypatch.setattr(initializations, "glorot_uniform", initializations.zero)
    with K.use("jax"):
        yield


@pytest.mark.usefixtures("built_soon")
@pytest.mark.parametrize("name", COUNTS)
def test_counts_and_names_with_top(name):
    model = getattr(applications, name)(weights=None)
    assert model.count_params() == COUNTS[name][0]
    assert model.output_shape == (None, 1000)
    if name in TRAINABLE:
        shapes = [K.int_shape(weight) for weight in model.trainable_weights]
        assert sum(int(np.prod(shape)) for shape in shapes) == TRAINABLE[name]
    names = [layer.name for layer in model.layers]
    assert [each for each in names if each in LAYERS[name]] == LAYERS[name]
    first = next(layer for layer in model.layers if layer.weights)
    assert first.weights[0].name.startswith(f"{first.name}_W")


@pytest.mark.usefixtures("built_soon")
@pytest.mark.parametrize("order", ["tf", pytest.param("th", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", COUNTS)
def test_counts_without_top(name, order, set_ordering):
    count, smallest = COUNTS[name][1:]
    set_ordering(order)
    shape = (smallest, smallest, 3)
    warning = contextlib.nullcontext()
    if order == "th" and name == "Xception":
        warning = pytest.warns(UserWarning, match="channels last")
    elif order == "th":
        shape = (3, smallest, smallest)
    with warning:
        model = getattr(applications, name)(False, None, input_shape=shape)
    assert model.count_params() == count
    assert model.input_shape == (None, *shape)


def test_a_network_continues_a_tensor_and_is_continued():
    image = Input((64, 64, 3))
    features = vgg16.VGG16(False, None, input_tensor=image)
    model = Model(image, Dense(3)(Flatten()(features.output)))
    assert model.output_shape == (None, 3)
    assert features.input is image


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: vgg16.VGG16(weights="imagnet"), "neither 'imagenet' nor None"),
        (lambda: vgg16.VGG16(weights=1.5), "neither 'imagenet' nor None"),
        (lambda: vgg16.VGG16(classes=10), "have 1000 classes, but classes=10"),
        (
            lambda: vgg16.VGG16(weights=None, input_shape=(64, 64, 3)),
            r"input_shape must be \(224, 224, 3\)",
        ),
        (
            lambda: resnet50.ResNet50(False, None, input_shape=(100, 200, 3)),
            "at least 197 x 197",
        ),
        (
            lambda: resnet50.ResNet50(False, None, input_shape=(3, 200, 200)),
            "three channels",
        ),
        (lambda: MusicTaggerCRNN(classes=3), "have 50 classes"),
    ],
)
def test_mistakes_are_named(build, message, set_ordering):
    set_ordering("tf")
    with pytest.raises(ValueError, match=message):
        build()


def test_genuine_weights_tag_music_as_they_did(set_ordering):
    set_ordering("th")
    model = MusicTaggerCRNN(GENUINE / "music_tagger_crnn_weights_theano.h5")
    x = np.random.RandomState(0).normal(-40, 20, (2, 1, 96, 1366))
    expected = np.load(GENUINE / "expected.npz")["out"]
    np.testing.assert_allclose(model.predict(x), expected, atol=1e-5)
    tags = audio_conv_utils.decode_predictions(expected, top_n=3)
    assert len(tags) == 2
    for sample, named in zip(expected, tags, strict=True):
        best = np.sort(sample)[::-1][:3]
        assert [probability for _, probability in named] == best.tolist()
        assert audio_conv_utils.TAGS.index(named[0][0]) == sample.argmax()


def test_weights_that_keras_once_downloaded_are_found(cache, set_ordering):
    set_ordering("tf")
    made = MusicTaggerCRNN(weights=None)
    made.save_weights(cache / "music_tagger_crnn_weights_tf_kernels_tf_dim_ordering.h5")
    for model in (MusicTaggerCRNN(), MusicTaggerCRNN(include_top=False)):
        for layer in model.layers:
            stored = made.get_layer(layer.name) if layer.weights else None
            np.testing.assert_equal(
                layer.get_weights(), stored.get_weights() if stored else []
            )


def test_the_name_of_a_users_own_file_says_nothing_of_its_kernels(
    tmp_path, set_ordering
):
    set_ordering("tf")
    made = MusicTaggerCRNN(weights=None)
    made.save_weights(tmp_path / "mine_th_kernels.h5")
    loaded = MusicTaggerCRNN(tmp_path / "mine_th_kernels.h5")
    np.testing.assert_equal(made.get_weights(), loaded.get_weights())


def test_images_lose_the_means_and_change_their_channels_order(set_ordering):
    random = np.random.RandomState(0)
    images = random.uniform(0, 255, (2, 4, 5, 3))
    blue_green_red = images[..., ::-1] - [103.939, 116.779, 123.68]
    for order, axes in (("tf", (0, 1, 2, 3)), ("th", (0, 3, 1, 2))):
        set_ordering(order)
        x = images.transpose(axes).astype("float32")
        result = imagenet_utils.preprocess_input(x)
        np.testing.assert_allclose(
            result, blue_green_red.transpose(axes), rtol=1e-5, atol=1e-4
        )
        np.testing.assert_array_equal(np.flip(x, -3 if order == "th" else -1), result)
    integers = images.astype("uint8")
    np.testing.assert_allclose(
        inception_v3.preprocess_input(integers),
        integers / 127.5 - 1,
        rtol=1e-5,
        atol=1e-6,
    )
    with pytest.raises(ValueError, match="three channels"):
        imagenet_utils.preprocess_input(images, dim_ordering="th")


def test_predictions_are_named(cache):
    index = {
        str(number): [f"n{number:08}", f"thing {number}"] for number in range(1000)
    }
    (cache / "imagenet_class_index.json").write_text(json.dumps(index))
    probabilities = np.zeros((2, 1000))
    probabilities[0, [7, 3]] = 0.6, 0.4
    probabilities[1, 999] = 1.0
    named = imagenet_utils.decode_predictions(probabilities, top=2)
    assert named[0] == [("n00000007", "thing 7", 0.6), ("n00000003", "thing 3", 0.4)]
    assert named[1][0] == ("n00000999", "thing 999", 1.0)
    from oneiros_applications import imagenet_utils as own

    own.CLASS_INDEX = None
    (cache / "imagenet_class_index.json").write_text("<html>Please log in</html>")
    with pytest.raises(FileFormatError, match="Delete it"):
        imagenet_utils.decode_predictions(probabilities)
    with pytest.raises(ValueError, match=r"\(samples, 1000\)"):
        imagenet_utils.decode_predictions(probabilities[:, :10])


def test_the_middle_of_a_sound_is_heard():
    from oneiros_applications.audio_conv_utils import middle

    assert middle(np.arange(7), 3).tolist() == [2, 3, 4]
    assert middle(np.array([1, 2]), 4).tolist() == [1, 2, 0, 0]
