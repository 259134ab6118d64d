"""A classification model as an estimator."""

from typing import Any

import numpy as np
from oneiros.models import Sequential
from sklearn.base import ClassifierMixin

from oneiros_scikit_learn.base import BaseWrapper, targets_of
from oneiros_scikit_learn.class_labels import labels_of, numbers_of


class KerasClassifier(ClassifierMixin, BaseWrapper):  # type: ignore[misc]
    """A model as a scikit-learn classifier.

    The model needs one output per class, or, for two classes, a single output with a
    sigmoid. Compile it with a classification loss, and with `metrics=["accuracy"]` if
    you call `score`.

    # Example
        ```python
        import numpy as np
        from oneiros.layers import Dense
        from oneiros.models import Sequential
        from oneiros.wrappers.scikit_learn import KerasClassifier

        def build():
            model = Sequential([Dense(2, activation="softmax", input_dim=3)])
            model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
            return model

        x = np.random.RandomState(0).normal(size=(20, 3))
        y = np.where(x[:, 0] > 0, "right", "left")
        classifier = KerasClassifier(build, nb_epoch=30, verbose=0)
        classifier.fit(x, y, batch_size=4)
        print(classifier.classes_.tolist())  # ['left', 'right']
        print(classifier.score(x, y) > 0.8)  # True
        ```

    # Arguments
        build_fn, **sk_params: see `BaseWrapper`.
    """

    def predict(self, x, **kwargs):
        """Returns the most probable labels.

        # Arguments
            x: inputs, samples first.
            kwargs: arguments of the model's `predict`.

        # Output shape
            `(samples,)`; `(samples, 1)` if the model has one output.
        """
        scores = self._scores(x, kwargs)
        if scores.shape[-1] == 1:
            numbers = (scores > 0.5).astype("int32")
        else:
            numbers = scores.argmax(axis=-1)
        return self.classes_[numbers]

    def predict_proba(self, x, **kwargs):
        """Returns the probability of each class.

        # Arguments
            x: inputs, samples first.
            kwargs: arguments of the model's `predict`.

        # Output shape
            `(samples, classes)`, even if the model has one output.
        """
        scores = self._scores(x, kwargs)
        if scores.shape[-1] == 1:
            return np.hstack([1 - scores, scores])
        return scores

    def score(self, x, y, **kwargs) -> float:
        """Returns the mean accuracy.

        # Arguments
            x: inputs, samples first.
            y: labels.
            kwargs: arguments of the model's `evaluate`.

        # Raises
            ValueError: if the model was compiled without `metrics=["accuracy"]`.
        """
        model = self._fitted_model()
        if "acc" not in model.metrics_names:
            raise ValueError(
                "score needs the accuracy, but build_fn compiled without it. Write "
                'model.compile(…, metrics=["accuracy"]).'
            )
        arguments = self.filter_sk_params(Sequential.evaluate, kwargs)
        targets = self._numbered(targets_of(y))
        values = model.evaluate(self._inputs(x), targets, **arguments)
        place = model.metrics_names.index("acc")
        return float(values[place])

    def _scores(self, x, kwargs: dict[str, Any]):
        model = self._fitted_model()
        arguments = self.filter_sk_params(Sequential.predict_classes, kwargs)
        arguments.setdefault("verbose", 1)
        return model.predict(self._inputs(x), **arguments)

    def _targets(self, y):
        self.classes_ = labels_of(y, self.model.output_shape[-1])
        return self._numbered(y)

    def _numbered(self, y):
        return self._one_hot_if_wanted(numbers_of(y, self.classes_))
