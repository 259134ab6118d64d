"""What the kit can't know: the numbers."""

import numpy as np
from oneiros.layers import FeatureScale
from oneiros.models import Sequential


def test_each_feature_has_a_factor_of_its_own():
    model = Sequential([FeatureScale(input_shape=(5, 3))])
    factors = np.array([2.0, -1.0, 0.5], "float32")
    model.set_weights([factors])
    x = np.random.default_rng(1).random((4, 5, 3)).astype("float32")
    np.testing.assert_allclose(model.predict(x), x * factors, rtol=1e-6)
