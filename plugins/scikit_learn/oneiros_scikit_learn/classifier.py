"""A classification model as an estimator, and its labels as numbers."""

from typing import Any

import numpy as np
from oneiros.models import Sequential
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from oneiros_scikit_learn.base import BaseWrapper, targets_of


def labels_of(y, outputs: int):
    """Returns the array of the labels of targets; a label's index is the number of its
    output.

    Integers that are output numbers keep their meaning, even if some don't occur.

    # Arguments
        y: array of labels, or of one-hot rows.
        outputs: int, the number of the model's outputs.

    # Raises
        ValueError: if there are more labels than outputs, or numbers outside the
            classes.
    """
    count = max(outputs, 2)
    if _is_one_hot(y):
        return np.arange(y.shape[1])
    check_classification_targets(y)
    distinct = np.unique(y)
    if _number_outputs(distinct, count):
        return np.arange(count).astype(distinct.dtype)
    if len(distinct) > count:
        raise ValueError(
            f"The targets have {len(distinct)} labels, but the model that build_fn "
            f"made has {count} classes. Its last layer must have one output "
            "per label."
        )
    return distinct


def numbers_of(y, labels):
    """Returns the numbers of targets among labels; one-hot rows stay unchanged."""
    if _is_one_hot(y) or np.array_equal(labels, np.arange(len(labels))):
        return y
    unknown = set(np.unique(y).tolist()) - set(labels.tolist())
    if unknown:
        raise ValueError(
            f"{sorted(unknown)} aren't among the labels from training: "
            f"{labels.tolist()}."
        )
    return np.searchsorted(labels, y)


def _is_one_hot(y) -> bool:
    return y.ndim == 2 and bool(y.shape[1] > 1)


def _number_outputs(distinct, count: int) -> bool:
    """Returns whether sorted labels are output numbers."""
    if distinct.dtype.kind not in "iufb" or not len(distinct):
        return False
    are_whole = np.array_equal(distinct, np.floor(distinct.astype(float)))
    return are_whole and distinct[0] >= 0 and distinct[-1] < count


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
