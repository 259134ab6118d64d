"""Trackers against what they write for: each store is read back by its own library."""

import json

import numpy as np
import pytest
from lab_trackers.commands import runs
from lab_trackers.progress import logged
from oneiros import settings
from oneiros.callbacks import (
    MLflowTracker,
    ModelCheckpoint,
    OptunaPruning,
    TensorBoardTracker,
)
from oneiros.errors import ArgumentError
from oneiros.layers import Dense
from oneiros.models import Sequential, load_model
from oneiros.optimizers import SGD, Adam

X = np.random.default_rng(1).random((32, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
VALUES = ["loss", "val_loss"]


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A compiled model, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    linear = Sequential([Dense(1, input_dim=4)], name="linear")
    linear.compile(SGD(lr=0.125), "mse")
    return linear


def fit(model, *callbacks, **options):
    options = {"nb_epoch": 3, "validation_split": 0.25, **options}
    return model.fit(X, Y, callbacks=list(callbacks), verbose=0, **options).history


def scalars_in(folder):
    """Returns the values in TensorBoard's files, by name, as its own reader has them,
    and the accumulator."""
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    ).EventAccumulator(str(folder))
    accumulator.Reload()
    named = {
        name: [event.value for event in accumulator.Scalars(name)]
        for name in accumulator.Tags()["scalars"]
    }
    return named, accumulator


def test_tensorboard_reads_each_training_in_a_folder_of_its_own(model, tmp_path):
    pytest.importorskip("tensorboardX")
    histories = [fit(model, TensorBoardTracker("runs")) for _ in range(2)]
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [
        "linear-1",
        "linear-2",
    ]
    for number, history in enumerate(histories, start=1):
        named, accumulator = scalars_in(tmp_path / "runs" / f"linear-{number}")
        assert sorted(named) == VALUES
        for name in VALUES:
            assert named[name] == pytest.approx(history[name])
        (tag,) = accumulator.Tags()["tensors"]
        (event,) = accumulator.Tensors(tag)
        text = event.tensor_proto.string_val[0].decode()
        assert "| optimizer.lr | 0.125 |" in text and "| nb_epoch | 3 |" in text


def objective(trial, epochs):
    lr = trial.suggest_float("lr", 1e-3, 1e-1)
    model = Sequential([Dense(1, input_dim=4, init="zero")])
    model.compile(Adam(lr=lr), "mse")
    history = fit(model, OptunaPruning(trial), nb_epoch=epochs)
    return history["val_loss"][-1]


def test_optuna_prunes_what_promises_nothing():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    pruner = optuna.pruners.ThresholdPruner(upper=0.5, n_warmup_steps=1)
    study = optuna.create_study(pruner=pruner)
    for lr in (1e-3, 1e-1):
        study.enqueue_trial({"lr": lr})
    study.optimize(lambda trial: objective(trial, 12), n_trials=2)
    slow, fast = study.trials
    assert slow.state is optuna.trial.TrialState.PRUNED
    assert list(slow.intermediate_values) == [0, 1]
    assert len(fast.intermediate_values) in (2, 12)
    assert slow.intermediate_values[1] > 0.5


@pytest.fixture
def client(model, tmp_path):
    """The real client of MLflow, for the store that trackers write to."""
    pytest.importorskip("mlflow")
    from lab_trackers.mlflow_store import client_of

    return client_of(tmp_path / "mlruns")


def runs_of(client):
    experiment = client.get_experiment_by_name("oneiros")
    return client.search_runs([experiment.experiment_id])


def test_mlflow_has_parameters_values_and_models_of_a_run(model, client, tmp_path):
    tracker = MLflowTracker()
    history = fit(model, tracker, ModelCheckpoint("best.h5", save_best_only=True))
    (run,) = runs_of(client)
    assert run.info.run_id == tracker.run and run.info.status == "FINISHED"
    assert run.data.params["optimizer.lr"] == "0.125"
    for name in VALUES:
        metrics = client.get_metric_history(tracker.run, name)
        assert [metric.value for metric in metrics] == pytest.approx(history[name])
        assert [metric.step for metric in metrics] == [0, 1, 2]
    artifacts = [artifact.path for artifact in client.list_artifacts(tracker.run)]
    assert artifacts == ["best.h5"]


def test_resumed_training_goes_on_in_its_run(model, client):
    tracker = MLflowTracker()
    fit(model, tracker, nb_epoch=1)
    resumed = MLflowTracker()
    resumed.set_model(model)
    resumed.set_params({})
    resumed.on_train_begin()
    resumed.set_state(tracker.get_state())
    resumed.on_epoch_end(1, {"loss": 0.5})
    resumed.on_train_end()
    (run,) = runs_of(client)
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [metric.step for metric in history] == [0, 1]


def test_runs_are_listed_with_the_best_first(model, client, capsys):
    for lr in (0.001, 0.125):
        model.compile(SGD(lr=lr), "mse")
        fit(model, MLflowTracker())
    values = [run.data.metrics["val_loss"] for run in runs_of(client)]
    runs(by="val_loss")
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["began", "model", "status", "epochs", "val_loss"]
    shown = [row.split()[3:] for row in rows]
    expected = [["finished", "3", f"{value:.4g}"] for value in sorted(values)]
    assert [["finished", *row[1:]] for row in shown] == expected


def test_a_store_that_is_not_there_is_told(model):
    with pytest.raises(ArgumentError, match="no-store is no folder"):
        runs("no-store")


def test_predictions_are_logged_by_tenths(model, caplog):
    assert logged(model, 30) is None
    with caplog.at_level("INFO", logger="lab_trackers"):
        show = logged(model, 30)
        for done in range(2, 31, 2):
            show(done)
        assert caplog.messages[:2] == ["linear: 4 of 30", "linear: 6 of 30"]
        assert len(caplog.messages) == 10
        model.predict(X, verbose=1)
    assert caplog.messages[-1] == "linear: 32 of 32"


def test_settings_track_every_training(model, tmp_path):
    pytest.importorskip("tensorboardX")
    table = {"tensorboard": str(tmp_path / "boards")}
    with settings.override(plugin={"lab-trackers": table}):
        history = fit(model)
    named, _ = scalars_in(tmp_path / "boards" / "linear-1")
    assert named["loss"] == pytest.approx(history["loss"])
    fit(model)
    assert len(list((tmp_path / "boards").iterdir())) == 1


def test_the_logbook_knows_which_file_became_which_model(model, tmp_path):
    book = tmp_path / "book.jsonl"
    with settings.override(plugin={"lab-trackers": {"logbook": str(book)}}):
        model.save("model.h5")
        load_model("model.h5")
        fit(model)
        model.save("model.h5")
    entries = [json.loads(line) for line in book.read_text().splitlines()]
    events = [entry["event"] for entry in entries]
    assert events == ["saved", "read", "loaded", "replaced", "saved"]
    first, read, loaded, replaced, last = [entry["sha256"] for entry in entries]
    assert first == read == loaded == replaced != last
    assert (entries[0]["model"], entries[0]["parameters"]) == ("linear", 5)
