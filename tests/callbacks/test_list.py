"""CallbackList, BaseLogger and History, and what the registry knows of callbacks."""

import numpy as np
import pytest
from oneiros import callbacks
from oneiros.callbacks import BaseLogger, Callback, CallbackList, History
from small_models import compiled_dense


class Noting(Callback):
    def __init__(self, notes, name):
        self.notes = notes
        self.name = name

    def on_epoch_end(self, epoch, logs=None):
        self.notes.append((self.name, epoch, logs))


def test_a_list_passes_calls_on_in_order():
    notes = []
    listed = CallbackList([Noting(notes, "a")])
    listed.append(Noting(notes, "b"))
    assert len(listed.callbacks) == 2 and listed.queue_length == 10
    logs = {"loss": 1.0}
    listed.on_epoch_end(3, logs)
    assert notes == [("a", 3, logs), ("b", 3, logs)] and notes[0][2] is logs
    listed.on_epoch_end(4, logs=logs)
    listed.on_epoch_end(5)
    assert [epoch for _, epoch, _ in notes[2:]] == [4, 4, 5, 5]
    listed.set_params({"verbose": 1})
    listed.set_model("model")
    assert {(one.params["verbose"], one.model) for one in listed.callbacks} == {
        (1, "model")
    }
    for call in (listed.on_train_begin, listed.on_train_end):
        call()
        call({})
    for call in (listed.on_epoch_begin, listed.on_batch_begin, listed.on_batch_end):
        call(0)
        call(0, {})


def test_lists_do_not_share_callbacks():
    first = CallbackList()
    first.append(History())
    assert CallbackList().callbacks == []
    listed = [History()]
    CallbackList(listed).append(History())
    assert len(listed) == 1


def test_base_logger_averages_by_size():
    logger = BaseLogger()
    logger.set_params({"metrics": ["loss", "acc", "val_loss"]})
    logger.on_epoch_begin(0)
    logger.on_batch_end(0, {"batch": 0, "size": 3, "loss": 1.0, "acc": 0.5, "other": 9})
    logger.on_batch_end(1, {"batch": 1, "size": 1, "loss": 5.0, "acc": 0.1, "other": 9})
    logs = {"val_loss": 7.0}
    logger.on_epoch_end(0, logs)
    assert logs == {"val_loss": 7.0, "loss": 2.0, "acc": pytest.approx(0.4)}
    assert logger.seen == 4 and logger.totals["loss"] == 8.0
    logger.on_epoch_begin(1)
    assert logger.seen == 0 and logger.totals == {}


def test_base_logger_adds_up_before_it_knows_of_metrics():
    logger = BaseLogger()
    logger.on_epoch_begin(0)
    logger.on_batch_end(0, {"batch": 0, "size": 2, "loss": 1.0})
    logger.set_params({"metrics": ["loss", "loss"]})
    logger.totals["other"] = 5.0
    logs = {}
    logger.on_epoch_end(0, logs)
    assert logs == {"loss": 1.0}


def test_after_a_run_batches_are_told_to_methods_of_classes_and_of_objects():
    class OfClass(Callback):
        def on_batch_begin(self, batch, logs=None):
            notes.append(("begin", batch, logs))

    notes = []
    logs = {"batch": range(2), "size": [3, 1], "loss": [0.5, 0.25]}
    of_object = Callback()
    of_object.on_batch_end = lambda batch, logs=None: notes.append(("end", batch, logs))
    for callback in (OfClass(), of_object):
        callback.on_run_end(logs)
    assert notes[:2] == [
        ("begin", 0, {"batch": 0, "size": 3}),
        ("begin", 1, {"batch": 1, "size": 1}),
    ]
    assert [note[:2] for note in notes[2:]] == [("end", 0), ("end", 1)]
    assert notes[3][2] == {"batch": 1, "size": 1, "loss": 0.25}


def test_batches_are_not_gone_over_for_callbacks_that_hear_of_none():
    Callback().on_run_end(
        {"batch": iter(lambda: pytest.fail("a batch was looked at"), None)}
    )


def test_history_starts_anew_with_each_training():
    history = History()
    for _ in range(2):
        history.on_train_begin()
        history.on_epoch_end(4, {"loss": 1.0})
        history.on_epoch_end(5, {"loss": 0.5, "val_loss": 2.0})
    assert history.epoch == [4, 5] and history.history == {
        "loss": [1.0, 0.5],
        "val_loss": [2.0],
    }


def test_who_is_told_without_logs_gets_an_empty_dict():
    kept = []

    class Keeping(Callback):
        def on_train_begin(self, logs=None):
            logs["seen"] = True
            kept.append(logs)

        on_train_end = on_train_begin

        def on_epoch_begin(self, number, logs=None):
            kept.append(logs)

        on_epoch_end = on_batch_begin = on_batch_end = on_epoch_begin

    listed = CallbackList([Keeping()])
    listed.on_train_begin()
    listed.on_epoch_begin(0)
    listed.on_batch_begin(0)
    listed.on_batch_end(0)
    listed.on_epoch_end(0)
    listed.on_train_end()
    assert kept == [{"seen": True}, {}, {}, {}, {}, {"seen": True}]


def test_subclasses_need_not_call_up(tmp_path):
    """Neither in the constructor, nor in any method."""

    class Bare(Callback):
        def __init__(self):
            self.calls = 0

        def set_params(self, params):
            self.calls += 1

        def set_model(self, model):
            self.calls += 1

        def on_train_begin(self, logs=None):
            self.calls += 1

        on_train_end = on_train_begin

        def on_epoch_begin(self, epoch, logs=None):
            self.calls += 1

        on_epoch_end = on_batch_begin = on_batch_end = on_epoch_begin

    class Saving(callbacks.ModelCheckpoint):
        def on_train_begin(self, logs=None):
            pass

    class Stopping(callbacks.EarlyStopping):
        def on_train_begin(self, logs=None):
            self.begun = True

    model = compiled_dense()
    x = np.ones((4, 1))
    bare = Bare()
    listed = [bare, Saving(tmp_path / "m.h5"), Stopping("loss")]
    model.fit(x, x, batch_size=2, nb_epoch=1, verbose=0, callbacks=listed)
    assert bare.calls == 10 and (tmp_path / "m.h5").exists()
