"""Base class of both estimators: parameters, and a model that `fit` builds."""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.arguments import shown
from oneiros.errors import ArgumentError
from oneiros.models import Model, Sequential
from oneiros.utils.np_utils import to_categorical
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

METHODS = (
    Sequential.fit,
    Sequential.predict,
    Sequential.predict_classes,
    Sequential.evaluate,
)
"""The methods with arguments that are parameters of an estimator."""


def argument_names(function: Callable[..., Any]) -> set[str]:
    """Returns the names of a function's arguments."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    names = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in named:
            names.add(parameter.name)
    return names


class BaseWrapper(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A model as a scikit-learn estimator.

    Use `KerasClassifier` or `KerasRegressor`.

    # Arguments
        build_fn: function or callable object that returns a compiled model. None uses
            the estimator's own method `__call__`.
        **sk_params: arguments of `build_fn`, and of the model's `fit`, `predict`,
            `predict_classes` and `evaluate`. Arguments of a call of the estimator's
            methods override them.

    # Raises
        ValueError: if none of these functions has an argument.

    # Example
        ```python
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.wrappers.scikit_learn import KerasRegressor

        def build(units=4):
            model = Sequential([Dense(units, input_dim=2), Dense(1)])
            model.compile("sgd", "mse")
            return model

        regressor = KerasRegressor(build, units=8, nb_epoch=3)
        print(sorted(regressor.get_params()))  # ['build_fn', 'nb_epoch', 'units']
        ```
    """

    def __init__(self, build_fn: Callable[..., Any] | None = None, **sk_params: Any):
        self.build_fn = build_fn
        self.sk_params = sk_params
        self.check_params(sk_params)

    def check_params(self, params: dict[str, Any]) -> None:
        """Checks parameters.

        # Arguments
            params: parameters by name.

        # Raises
            ValueError: if no function has a parameter of this name.
        """
        legal = argument_names(self._builder)
        for method in METHODS:
            legal |= argument_names(method)
        legal.discard("self")
        for name in params:
            if name not in legal:
                raise ValueError(
                    f"{name} is not a legal parameter: neither fit, predict, evaluate "
                    f"nor the function that builds the model has it. Available: "
                    f"{', '.join(sorted(legal))}."
                )

    def get_params(self, **params) -> dict[str, Any]:
        """Returns the parameters, `build_fn` among them.

        # Arguments
            params: scikit-learn passes `deep`, which is ignored.
        """
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params):
        """Changes parameters.

        # Arguments
            params: new values by name.

        # Returns
            The estimator.

        # Raises
            ValueError: if no function has a parameter of this name.
        """
        changes = dict(params)
        self.build_fn = changes.pop("build_fn", self.build_fn)
        self.check_params(changes)
        self.sk_params.update(changes)
        return self

    def fit(self, x, y, **kwargs):
        """Builds a new model and trains it.

        Parameters for the model's `fit` are copied, so each call gets fresh callbacks.

        # Arguments
            x: inputs: an array or a table, samples first; or a list of arrays.
            y: targets: an array or a column, samples first.
            kwargs: arguments of the model's `fit`.

        # Returns
            The `History` of the training run.
        """
        inputs = self._inputs(x, first=True)
        build = self._builder
        self.model = build(**self.filter_sk_params(build))
        if not isinstance(self.model, Model):
            raise ArgumentError(
                f"build_fn returned {shown(self.model)}. Expected a compiled model: "
                "end it with `return model`."
            )
        targets = self._targets(targets_of(y))
        arguments = self.filter_sk_params(Sequential.fit)
        arguments = copy.deepcopy(arguments) | kwargs
        return self.model.fit(inputs, targets, **arguments)

    def filter_sk_params(
        self, fn: Callable[..., Any], override: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Returns the parameters that a function accepts.

        # Arguments
            fn: the function.
            override: arguments that override the parameters, even if the function
                doesn't accept them.
        """
        names = argument_names(fn) & self.sk_params.keys()
        accepted = {name: self.sk_params[name] for name in names}
        return accepted | (override or {})

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model")

    @property
    def _builder(self) -> Callable[..., Any]:
        if self.build_fn is not None:
            return self.build_fn
        if callable(self):
            return self
        raise ValueError(
            f"{type(self).__name__} has no function that builds its model. Pass "
            "build_fn=…, or define __call__ in the class."
        )

    def _targets(self, y):
        return self._one_hot_if_wanted(y)

    def _one_hot_if_wanted(self, y):
        """Converts class numbers to one-hot rows if the loss needs them."""
        loss = getattr(self.model.loss, "__name__", self.model.loss)
        if loss != "categorical_crossentropy" or y.ndim == 2:
            return y
        return to_categorical(y, self.model.output_shape[-1])

    def _inputs(self, x, first: bool = False):
        """Returns inputs as arrays, and checks that their features match those in
        training.

        # Arguments
            x: an array or a table, or a list of them, one per model input.
            first: whether this is the training data.
        """
        is_list = isinstance(x, list | tuple)
        if is_list and any(hasattr(part, "shape") for part in x):
            return list(map(np.asarray, x))
        return validate_data(
            self,
            x,
            reset=first,
            ensure_2d=np.ndim(x) == 2,
            allow_nd=True,
            ensure_all_finite=False,
        )

    def _fitted_model(self):
        check_is_fitted(self)
        return self.model


def targets_of(y):
    """Returns targets as an array.

    # Raises
        ValueError: if there are none.
    """
    if y is None:
        raise ValueError(
            "A model requires y to be passed, but the target y is None: fit(x, y)."
        )
    return np.asarray(y)
