"""Layers that draw at random.

What they draw while training, and what fixes the draws.
"""

import numpy as np
import pytest
from oneiros import settings
from oneiros.errors import ArgumentError
from oneiros.layers import (
    Dropout,
    Embedding,
    GaussianDropout,
    GaussianNoise,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)

ONES = np.ones((100, 6, 50), "float32")


@pytest.mark.parametrize(
    ("layer", "shape", "together"),
    [
        (lambda: SpatialDropout1D(0.5), (20, 5, 10), (1,)),
        (lambda: SpatialDropout2D(0.5, dim_ordering="tf"), (20, 4, 5, 10), (1, 2)),
        (lambda: SpatialDropout2D(0.5, dim_ordering="th"), (20, 10, 4, 5), (2, 3)),
        (
            lambda: SpatialDropout3D(0.5, dim_ordering="tf"),
            (20, 2, 3, 4, 10),
            (1, 2, 3),
        ),
        (
            lambda: SpatialDropout3D(0.5, dim_ordering="th"),
            (20, 10, 2, 3, 4),
            (2, 3, 4),
        ),
    ],
)
def test_feature_maps_are_dropped_whole(run, layer, shape, together):
    y = run(layer(), np.ones(shape, "float32"), phase=1)
    low = y.min(axis=together)
    high = y.max(axis=together)
    np.testing.assert_array_equal(low, high)
    assert set(np.unique(low)) == {0, 2}
    assert 0.3 < (low == 0).mean() < 0.7


def test_maps_of_sequences_are_features_wherever_images_have_channels(run):
    with settings.override(image_dim_ordering="th"):
        layer = SpatialDropout1D(0.5)
    y = run(layer, np.ones((20, 5, 10), "float32"), phase=1)
    np.testing.assert_array_equal(y, y[:, :1].repeat(5, axis=1))
    assert "dim_ordering" not in layer.get_config()
    with pytest.raises(TypeError, match="unknown argument 'dim_ordering'"):
        SpatialDropout1D(0.5, dim_ordering="th")


def test_a_fraction_may_be_an_array_without_axes(run):
    y = run(Dropout(np.array(0.5)), ONES[:3], phase=1)
    assert set(np.unique(y)) == {0, 2}
    for p in (np.array([0.5]), np.array("0.5"), np.array(True), np.array(1.5)):
        with pytest.raises(ArgumentError, match="a fraction between 0 and 1"):
            Dropout(p)


def test_gaussian_noise_and_dropout_have_their_spread(run):
    noise = run(GaussianNoise(0.5), 3 * ONES, phase=1) - 3
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 0.5) < 0.02
    factor = run(GaussianDropout(0.2), 3 * ONES, phase=1) / 3
    assert abs(factor.mean() - 1) < 0.02
    assert abs(factor.std() - 0.5) < 0.02


def test_embedding_drops_rows(run):
    layer = Embedding(40, 3, dropout=0.5)
    rows = np.arange(40, dtype="int32")[None].repeat(2, axis=0)
    y = run(layer, rows, phase=1)
    np.testing.assert_array_equal(y[0], y[1])
    table = layer.get_weights()[0]
    kept = y[0].any(axis=1)
    np.testing.assert_allclose(y[0], np.where(kept[:, None], 2 * table, 0), rtol=1e-6)
    assert 8 < kept.sum() < 32
    np.testing.assert_array_equal(
        run(Embedding(40, 3, dropout=0.5, weights=[table]), rows)[0], table
    )


@pytest.mark.parametrize("p", [0, 0.0, 1.0])
def test_the_ends_of_the_range_drop_nothing_as_in_keras(run, p):
    for layer in (Dropout(p), GaussianDropout(p)):
        np.testing.assert_array_equal(run(layer, ONES[:2], phase=1), ONES[:2])
        assert not layer.uses_learning_phase


def test_a_layer_s_seed_fixes_its_draws(run):
    draws = [run(Dropout(0.5, seed=3), ONES[:3], phase=1) for _ in range(2)]
    np.testing.assert_array_equal(*draws)
