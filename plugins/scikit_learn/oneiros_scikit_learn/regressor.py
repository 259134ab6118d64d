"""A regression model as an estimator."""

import numpy as np
from oneiros.models import Sequential
from sklearn.base import RegressorMixin

from oneiros_scikit_learn.base import BaseWrapper, targets_of


class KerasRegressor(RegressorMixin, BaseWrapper):  # type: ignore[misc]
    """A model as a scikit-learn regressor.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.wrappers.scikit_learn import KerasRegressor
        from sklearn.model_selection import cross_val_score

        def build(lr_decay=0.0):
            model = Sequential([Dense(1, input_dim=2)])
            model.compile("sgd", "mse")
            return model

        x = np.random.RandomState(0).normal(size=(60, 2))
        regressor = KerasRegressor(build, nb_epoch=20, verbose=0)
        errors = -cross_val_score(
            regressor, x, x.sum(axis=1), cv=3, scoring="neg_mean_squared_error"
        )
        print(errors.shape)  # (3,)
        ```

    # Arguments
        build_fn, **sk_params: see `BaseWrapper`.
    """

    def predict(self, x, **kwargs):
        """Returns the predictions.

        # Arguments
            x: inputs, samples first.
            kwargs: arguments of the model's `predict`.

        # Output shape
            `(samples,)` for a model with one output; otherwise the model's output
            shape.
        """
        arguments = self.filter_sk_params(Sequential.predict, kwargs)
        model = self._fitted_model()
        predictions = model.predict(self._inputs(x), **arguments)
        return np.squeeze(predictions)

    def score(self, x, y, **kwargs) -> float:
        """Returns the mean loss, as Keras 1 does; lower is better.

        scikit-learn maximizes scores, so pass `scoring` to `GridSearchCV`.

        # Arguments
            x: inputs, samples first.
            y: targets.
            kwargs: arguments of the model's `evaluate`.
        """
        arguments = self.filter_sk_params(Sequential.evaluate, kwargs)
        targets = self._one_hot_if_wanted(targets_of(y))
        model = self._fitted_model()
        values = model.evaluate(self._inputs(x), targets, **arguments)
        loss, *_ = np.ravel(values)
        return float(loss)
