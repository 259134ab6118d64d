"""Models as estimators: what Keras 1's wrappers do, and what scikit-learn asks."""

import numpy as np
import pytest
from oneiros.callbacks import EarlyStopping, ModelCheckpoint
from oneiros.layers import Dense
from oneiros.models import Model, Sequential
from oneiros.optimizers import Adam
from oneiros.wrappers.scikit_learn import KerasClassifier, KerasRegressor
from small_models import compiled_dense

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(90, 4))
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
SUM = X.sum(axis=1)


def softmax(units=8, loss="sparse_categorical_crossentropy", outputs=3):
    model = Sequential([Dense(units, activation="tanh", input_dim=4)])
    model.add(Dense(outputs, activation="softmax"))
    model.compile(Adam(lr=0.05), loss, metrics=["accuracy"])
    return model


def sigmoid():
    return compiled_dense(
        4,
        optimizer=Adam(lr=0.05),
        loss="binary_crossentropy",
        metrics=["accuracy"],
        activation="sigmoid",
    )


def linear(outputs=1, metrics=None):
    return compiled_dense(4, outputs, optimizer=Adam(lr=0.1), metrics=metrics)


def classifier(**params):
    return KerasClassifier(softmax, **{"nb_epoch": 12, "verbose": 0, **params})


def test_a_classifier_trains_predicts_and_scores():
    from sklearn.metrics import accuracy_score

    network = classifier()
    history = network.fit(X, CLASSES, batch_size=10)
    assert len(history.history["acc"]) == 12
    predictions = network.predict(X)
    probabilities = network.predict_proba(X)
    assert predictions.shape == (90,) and probabilities.shape == (90, 3)
    assert (probabilities.argmax(axis=1) == predictions).all()
    assert network.score(X, CLASSES) == pytest.approx(
        accuracy_score(CLASSES, predictions)
    )
    assert network.score(X, CLASSES) > 0.8


def test_numbers_of_classes_become_rows_where_the_loss_takes_rows():
    from sklearn.metrics import accuracy_score

    network = classifier(loss="categorical_crossentropy")
    some = CLASSES < 2  # the last class doesn't occur
    network.fit(X[some], CLASSES[some])
    assert network.score(X, CLASSES) == pytest.approx(
        accuracy_score(CLASSES, network.predict(X))
    )
    rows = np.eye(3)[CLASSES]
    network.fit(X, rows)
    assert network.score(X, rows) > 0.8


def test_a_sigmoid_tells_two_classes_as_keras_1_did():
    network = KerasClassifier(sigmoid, nb_epoch=10, verbose=0)
    network.fit(X, CLASSES > 1)
    assert network.predict(X).shape == (90, 1)
    probabilities = network.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert ((probabilities[:, 1] > 0.5) == network.predict(X)[:, 0]).all()


@pytest.mark.parametrize("names", [["a", "b", "c"], [-1, 5, 9], [1, 2, 3]])
def test_labels_of_any_kind_come_back(names):
    from sklearn.metrics import accuracy_score

    labels = np.array(names)[CLASSES]
    network = classifier().set_params(nb_epoch=20)
    network.fit(X, labels)
    assert network.classes_.tolist() == names
    assert set(network.predict(X)) <= set(names)
    accuracy = accuracy_score(labels, network.predict(X))
    assert network.score(X, labels) == pytest.approx(accuracy)
    with pytest.raises(ValueError, match="aren't among the labels"):
        network.score(X[:1], np.array(["z"]) if names[0] == "a" else np.array([77]))


def test_more_labels_than_outputs_are_refused():
    with pytest.raises(ValueError, match=r"4 labels.*3 classes"):
        classifier().fit(X, np.arange(90) % 4 * 2)


def test_a_regressor_trains_predicts_and_scores_as_keras_1_did():
    from sklearn.metrics import mean_squared_error

    network = KerasRegressor(linear, nb_epoch=30, verbose=0, metrics=["mae"])
    network.fit(X, SUM)
    assert network.predict(X).shape == (90,)
    error = mean_squared_error(SUM, network.predict(X))
    assert network.score(X, SUM) == pytest.approx(error, rel=1e-5)
    assert KerasRegressor(linear, outputs=2, nb_epoch=1, verbose=0).fit(X, X[:, :2])


def test_weights_of_samples_reach_training():
    def zero():
        return compiled_dense(4, init="zero")

    regressor = KerasRegressor(zero, nb_epoch=1, batch_size=90, verbose=0)
    history = regressor.fit(X, SUM, sample_weight=np.full(90, 2.0))
    (loss,) = history.history["loss"]
    assert loss == pytest.approx(2 * np.mean(SUM**2), rel=1e-5)


def test_clones_have_the_same_parameters_and_no_model():
    from sklearn.base import clone, is_classifier, is_regressor

    layers = [1, 2]

    def build(layers=(), units=3):
        return softmax(units)

    network = KerasClassifier(build, layers=layers, nb_epoch=2)
    network.fit(X, CLASSES, verbose=0)
    copy = clone(network)
    assert copy.get_params() == network.get_params() == network.get_params(deep=True)
    assert copy.get_params()["layers"] == layers
    assert not hasattr(copy, "model")
    copy.set_params(units=5, build_fn=softmax)
    assert network.get_params().get("units") is None and copy.build_fn is softmax
    assert is_classifier(copy) and is_regressor(KerasRegressor(linear))


def test_grid_search_finds_parameters_of_the_model_and_of_fit():
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    grid = {
        "kerasclassifier__units": [8],
        "kerasclassifier__nb_epoch": [1, np.int64(20)],
    }
    pipeline = make_pipeline(StandardScaler(), classifier())
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise")
    search.fit(X, CLASSES)
    assert search.best_params_["kerasclassifier__nb_epoch"] == 20
    assert search.score(X, CLASSES) > 0.8


def test_cross_validation_of_a_regressor():
    from sklearn.model_selection import cross_val_score

    network = KerasRegressor(linear, nb_epoch=40, verbose=0)
    scores = cross_val_score(
        network, X, SUM, cv=3, scoring="neg_mean_squared_error", error_score="raise"
    )
    assert scores.shape == (3,) and (scores < 0).all() and (scores > -1).all()


def test_a_model_can_be_functional_and_the_estimator_can_build_it():
    class Own(KerasClassifier):
        def __call__(self, units):
            built = softmax(units)
            model = Model(built.input, built.output)
            model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
            return model

    class Building:
        def __call__(self, units=2):
            return softmax(units)

    for network in (Own(units=3), KerasClassifier(Building(), units=3)):
        network.fit(X, CLASSES, verbose=0)
        assert network.predict(X, verbose=0).shape == (90,)
        assert network.model.count_params() == 4 * 3 + 3 + 3 * 3 + 3


@pytest.mark.parametrize("tables", ["pandas", "polars"])
def test_tables_are_data(tables):
    module = pytest.importorskip(tables, reason="an optional package")
    frame = module.DataFrame({name: X[:, i] for i, name in enumerate("abcd")})
    network = classifier(nb_epoch=1)
    network.fit(frame, module.Series(CLASSES))
    assert network.feature_names_in_.tolist() == list("abcd")
    np.testing.assert_allclose(
        network.predict_proba(frame),
        network.model.predict(X.astype("float32")),
        rtol=1e-5,
    )
    with pytest.raises(ValueError, match="feature names"):
        network.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: KerasClassifier(softmax, unit=3), "unit is not a legal parameter"),
        (lambda: classifier().set_params(epoch=3), "epoch is not a legal parameter"),
        (lambda: KerasClassifier(), "build_fn=…"),
        (lambda: classifier().fit(X, None), "requires y"),
        (lambda: classifier().predict(X), "not fitted"),
    ],
)
def test_mistakes_are_named(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_a_score_without_accuracy_says_what_to_compile():
    network = KerasClassifier(linear, outputs=3, nb_epoch=1, verbose=0)
    network.fit(X, np.eye(3)[CLASSES])
    with pytest.raises(ValueError, match=r'without it. .*metrics=\["accuracy"\]'):
        network.score(X, CLASSES)


def test_a_callback_among_the_parameters_begins_anew_with_each_fit(tmp_path):
    path = tmp_path / "best.h5"
    best = ModelCheckpoint(path, monitor="loss", save_best_only=True)
    network = classifier(nb_epoch=1, callbacks=[best])
    network.fit(X, CLASSES, nb_epoch=12)
    path.unlink()
    network.fit(X, CLASSES)
    assert path.exists()
    assert best.best == np.inf


def test_arguments_of_fit_are_not_copied():
    stopping = EarlyStopping(monitor="loss")
    network = classifier(nb_epoch=1)
    network.fit(X, CLASSES, callbacks=[stopping])
    assert stopping.model is network.model


KERAS_1 = {
    "check_no_attributes_set_in_init": "sk_params is an attribute of Keras 1",
    "check_dont_overwrite_parameters": "the attribute is called model, as in Keras 1",
    "check_do_not_raise_errors_in_init_or_set_params": "parameters are checked at once",
    "check_estimators_nan_inf": "Keras 1 takes NaN; fit warns of the loss",
    "check_supervised_y_2d": "Keras 1 takes columns of targets",
    "check_supervised_y_no_nan": "Keras 1 takes NaN; fit warns of the loss",
    "check_fit_idempotent": "each fit draws other weights",
    "check_fit2d_predict1d": "the model's own error says what shape it needs",
}


class FittedClassifier(KerasClassifier):
    """Builds a model for the data that it gets, and returns itself."""

    def fit(self, x, y, **kwargs):
        self._sizes = np.asarray(x).shape[1:], max(len(np.unique(y)), 2)
        super().fit(x, y, **kwargs)
        return self

    def __call__(self):
        (features,), classes = self._sizes
        model = Sequential()
        model.add(Dense(classes, activation="softmax", input_dim=features))
        loss = "sparse_categorical_crossentropy"
        model.compile(Adam(lr=0.05), loss, metrics=["accuracy"])
        return model


class FittedRegressor(KerasRegressor):
    """Builds a model for the data that it gets, and returns itself."""

    def fit(self, x, y, **kwargs):
        self._features = np.asarray(x).shape[1]
        super().fit(x, y, **kwargs)
        return self

    def __call__(self):
        return compiled_dense(self._features, optimizer=Adam(lr=0.1))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:SCIPY_ARRAY_API:UserWarning")
@pytest.mark.parametrize("estimator", [FittedClassifier, FittedRegressor])
def test_scikit_learn_checks_all_but_what_keras_1_did_otherwise(estimator):
    from sklearn.utils.estimator_checks import check_estimator

    results = check_estimator(
        estimator(nb_epoch=20, verbose=0),
        expected_failed_checks=KERAS_1,
        on_fail=None,
        on_skip=None,
    )
    failed = {
        result["check_name"]: repr(result["exception"])
        for result in results
        if result["status"] == "failed"
    }
    assert not failed
