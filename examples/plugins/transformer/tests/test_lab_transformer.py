"""What the kit can't know: the papers' formulas, and that what is masked isn't seen."""

from pathlib import Path

import numpy as np
import pytest
from oneiros.errors import ArgumentError, ShapeError
from oneiros.layers import (
    EncoderBlock,
    Input,
    LearnedEncoding,
    Masking,
    RotaryAttention,
    SinusoidalEncoding,
)
from oneiros.models import Model, Sequential, load_model

RANDOM = np.random.default_rng(7)
SEQUENCES = RANDOM.normal(size=(2, 6, 8)).astype("float32")


def rotated(x):
    """Returns vectors turned by the angle of their place, pair by pair, as complex
    numbers: `(…, steps, size)`."""
    steps, size = x.shape[-2:]
    speeds = 10000.0 ** (-2.0 * np.arange(size // 2) / size)
    turns = np.exp(1j * np.arange(steps)[:, np.newaxis] * speeds)
    turned = (x[..., 0::2] + 1j * x[..., 1::2]) * turns
    return np.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("steps", [6, None])
def test_sinusoidal_encoding_is_that_of_the_paper(steps):
    model = Sequential([SinusoidalEncoding(input_shape=(steps, 8))])
    places = np.arange(6)[:, np.newaxis]
    angles = places / 10000 ** (2 * np.arange(4) / 8)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(6, 8)
    predicted = model.predict(SEQUENCES)
    np.testing.assert_allclose(predicted, SEQUENCES + waves, atol=1e-5)


@pytest.mark.parametrize("steps", [6, None])
def test_learned_encoding_adds_the_vector_of_each_place(steps):
    model = Sequential([LearnedEncoding(9, input_shape=(steps, 8))])
    (vectors,) = model.get_weights()
    np.testing.assert_allclose(model.predict(SEQUENCES), SEQUENCES + vectors[:6])
    with pytest.raises(ShapeError, match="sequences of 10 steps and has max_steps=9"):
        Sequential([LearnedEncoding(9, input_shape=(10, 8))])
    if steps is None:
        with pytest.raises(ShapeError, match="max_steps=9"):
            model.predict(np.zeros((1, 10, 8)))


def test_a_file_of_the_first_version_is_read():
    model = load_model(str(Path(__file__).parent / "learned_encoding_0.1.h5"))
    (layer,) = model.layers
    assert layer.max_steps == 4
    found = model.predict(np.ones((1, 3, 2)))
    vectors = np.arange(6).reshape(1, 3, 2) / 10
    np.testing.assert_allclose(found, 1 + vectors, rtol=1e-6)


@pytest.mark.parametrize(
    "layer", [SinusoidalEncoding(), LearnedEncoding(9), EncoderBlock(2, 4, 16)]
)
def test_features_of_unknown_number_are_refused(layer):
    with pytest.raises(ShapeError, match="the size of axis -1 must be known"):
        layer(Input(shape=(6, None)))


def rotary_model(steps=6, **arguments):
    x = Input(shape=(steps, 8))
    return Model(x, RotaryAttention(2, 4, **arguments)([x, x]))


@pytest.mark.parametrize("causal", [False, True])
def test_rotary_attention_is_that_of_the_paper(causal):
    model = rotary_model(use_causal_mask=causal, bias_initializer="uniform")
    query, query_bias, key, key_bias, value, value_bias, output, bias = (
        model.get_weights()
    )

    def by_head(kernel, offset):
        projected = np.einsum("bsf,fhd->bshd", SEQUENCES, kernel) + offset
        return projected.swapaxes(1, 2)

    queries = rotated(by_head(query, query_bias))
    keys = rotated(by_head(key, key_bias))
    scores = queries @ keys.swapaxes(2, 3) / np.sqrt(4)
    if causal:
        scores = np.where(np.tri(6, dtype=bool), scores, -np.inf)
    means = softmax(scores) @ by_head(value, value_bias)
    expected = np.einsum("bhsd,hdf->bsf", means, output) + bias
    np.testing.assert_allclose(model.predict(SEQUENCES), expected, atol=1e-5)


def test_rotary_attention_depends_on_distances_alone():
    """A sequence behind masked steps has the same outputs as without them."""
    model = Sequential([Masking(input_shape=(None, 8))])
    model.add(EncoderBlock(2, 4, 16, rotary=True))
    behind = np.concatenate([np.zeros((2, 3, 8)), SEQUENCES], axis=1)
    moved = model.predict(behind)[:, 3:]
    np.testing.assert_allclose(moved, model.predict(SEQUENCES), atol=1e-5)
    with pytest.raises(ArgumentError, match=r"key_dim=3\. Expected an even number"):
        RotaryAttention(2, 3)


@pytest.mark.parametrize(("causal", "norm_first"), [(False, True), (True, False)])
def test_a_block_sees_no_masked_step_and_passes_the_mask_on(causal, norm_first):
    x = Input(shape=(None, 8))
    block = EncoderBlock(2, 4, 16, causal=causal, norm_first=norm_first)
    masked = Masking()(x)
    y = block(masked)
    assert block.compute_mask(masked, "mask") == "mask"
    model = Model(x, y)
    padded = np.concatenate([SEQUENCES, np.zeros((2, 3, 8))], axis=1)
    shown = model.predict(padded)[:, :6]
    np.testing.assert_allclose(shown, model.predict(SEQUENCES), atol=1e-5)


def test_a_causal_block_sees_no_later_step():
    model = Sequential([EncoderBlock(2, 4, 16, causal=True, input_shape=(6, 8))])
    changed = SEQUENCES.copy()
    changed[:, 4:] = 1.0
    same = model.predict(changed)[:, :4]
    np.testing.assert_allclose(same, model.predict(SEQUENCES)[:, :4], atol=1e-5)


def test_a_block_has_the_weights_of_its_layers_in_files_too(tmp_path):
    block = EncoderBlock(2, 4, 16, activation="tanh", dropout=0.2, input_shape=(6, 8))
    model = Sequential([block])
    attention, norms, dense = 4 * 8 * 8 + 4 * 8, 2 * 16, 8 * 16 + 16 + 16 * 8 + 8
    assert model.count_params() == attention + norms + dense
    model.compile("adam", "mse")
    model.train_on_batch(SEQUENCES, SEQUENCES)
    model.save(str(tmp_path / "model.h5"))
    loaded = load_model(str(tmp_path / "model.h5"))
    np.testing.assert_array_equal(loaded.predict(SEQUENCES), model.predict(SEQUENCES))
    model.layers[0].trainable = False
    assert len(model.non_trainable_weights) == 16
