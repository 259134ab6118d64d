"""`Resume`, on models whose training steps are plain functions: what is restored, and
what errors say."""

import shutil

import numpy as np
import pytest
from interrupting import InterruptingRuns, InterruptionError
from oneiros import backend as K
from oneiros.backend.contract import CompiledFunction
from oneiros.callbacks import Callback, EarlyStopping, ReduceLROnPlateau, Resume
from oneiros.errors import ArgumentError, CapabilityError, FileFormatError
from oneiros.layers import Dense, Dropout
from oneiros.models import Sequential, load_model
from oneiros.optimizers import SGD
from small_models import compiled_dense

X = np.arange(22.0, dtype="float32")[:, None]
BATCHES = 6
EPOCHS = 3


class Counting(Callback):
    """Of a user, who knows nothing of trainings that are resumed."""

    called_after_runs = True

    def __init__(self, start=0):
        self.count = start
        self.sizes = ()
        self.drawn = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.drawn[epoch] = np.random.random()

    def on_batch_end(self, batch, logs=None):
        self.count += 1
        self.sizes += (logs["size"],)


class Step(CompiledFunction):
    """A training step in plain NumPy, which depends on the order of the batches; it can
    run many at once."""

    phase_index = None

    def __init__(self, model):
        self.model = model

    def __call__(self, arrays):
        weights = self.model.get_weights()
        loss = float(
            np.sum(
                (arrays[0] - weights[0][0]) * np.arange(1, len(arrays[0]) + 1)[:, None]
            )
        )
        self.model.set_weights(
            [weights[0] * 0.9 + 0.01 * np.float32(loss), *weights[1:]]
        )
        return [np.float32(loss)]

    def run_length(self, **sizes):
        return 2

    def upload(self, arrays):
        return Held(arrays)

    def loop(self, held, index, phase=None):
        return [np.array([self([x[row] for x in held])[0] for row in index])]

    def get_random_state(self):
        return []

    def set_random_state(self, state):
        assert len(state) == 0


class Held(list):
    def release(self):
        pass


def new_model(optimizer="sgd", width=1):
    model = compiled_dense(1, width, optimizer=optimizer)
    model.train_function = Step(model)
    model.test_function = lambda arrays: [np.float32(model.get_weights()[0].mean())]
    return model


def fit(callbacks, shuffle=True, nb_epoch=EPOCHS, x=X, **arguments):
    np.random.seed(5)
    model = new_model()
    history = model.fit(
        x,
        x,
        4,
        nb_epoch,
        0,
        callbacks,
        shuffle=shuffle,
        validation_data=(X[:8], X[:8]),
        **arguments,
    )
    return model, history


def interrupted(*callbacks, **arguments):
    with pytest.raises(InterruptionError):
        fit(callbacks, **arguments)


def bits(model, history, *callbacks):
    """Returns everything that must be the same, as bytes and text."""
    measured = {
        name: np.array(values).tobytes() for name, values in history.history.items()
    }
    states = [repr(callback.get_state()) for callback in callbacks]
    weights = [weight.tobytes() for weight in model.get_weights()]
    return (
        history.epoch,
        measured,
        weights,
        states,
        K.get_value(model.optimizer.lr),
        str(np.random.get_state()),
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.h5"


def heard():
    return [
        Counting(),
        ReduceLROnPlateau("val_loss", patience=0, epsilon=5),
        EarlyStopping("loss", patience=9),
    ]


@pytest.mark.parametrize(
    "shuffle",
    [True, *(pytest.param(each, marks=pytest.mark.slow) for each in (False, "batch"))],
)
def test_cut_at_any_batch_it_ends_the_same(shuffle, path):
    callbacks = heard()
    uninterrupted = bits(*fit(callbacks, shuffle), *callbacks)
    for epochs, batches in ((1, None), (9, 1), (2, 3)):
        for cut in (1, 5, 6, 7, 13, 18):
            resume = {"filepath": path, "epochs": epochs, "batches": batches}
            interrupted(
                *heard(), InterruptingRuns(cut), Resume(**resume), shuffle=shuffle
            )
            assert path.exists()
            callbacks = heard()
            assert (
                bits(*fit([*callbacks, Resume(**resume)], shuffle), *callbacks)
                == uninterrupted
            ), (epochs, cut)
            assert not path.exists()


def test_cut_again_and_again(path):
    callbacks = heard()
    uninterrupted = bits(*fit(callbacks), *callbacks)
    cuts = 0
    while True:
        callbacks = heard()
        try:
            resumed = fit([InterruptingRuns(3), *callbacks, Resume(path, batches=1)])
        except InterruptionError:
            cuts += 1
            continue
        break
    assert bits(*resumed, *callbacks) == uninterrupted and cuts >= 8


def test_it_goes_on_with_the_next_run_and_says_so(path, capsys):
    interrupted(InterruptingRuns(11), Resume(path, batches=2))
    counting = InterruptingRuns(99)
    fit([counting, Resume(path, verbose=1)])
    assert "run.h5 goes on with epoch 2, batch 5\n" in capsys.readouterr().out
    assert 99 - counting.left == BATCHES * EPOCHS - 10


@pytest.mark.parametrize(("seconds", "kept"), [(1e-9, 2), (1e9, 0)])
def test_by_the_clock(seconds, kept, path):
    interrupted(InterruptingRuns(4), Resume(path, epochs=9, seconds=seconds))
    counting = InterruptingRuns(99)
    fit([counting, Resume(path)])
    assert 99 - counting.left == BATCHES * EPOCHS - kept


class Copying(InterruptingRuns):
    """Copies the file of a training in progress, as it is after some batches, and lets
    it go on."""

    called_after_runs = True

    def __init__(self, left, source, target):
        super().__init__(left)
        self.source = source
        self.target = target

    def on_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            shutil.copy(self.source, self.target)


def test_a_program_without_a_seed_goes_on_with_the_same_draws(tmp_path, monkeypatch):
    """The model, the shuffling and the masks of a dropout are those of the process
    before."""
    monkeypatch.setenv("ONEIROS_TENSORFLOW_XLA", "off")
    ends = []
    for seed, source in ((1, "one.h5"), (2, "two.h5")):
        np.random.seed(seed)
        model = Sequential(
            [Dense(3, input_dim=1, name="one"), Dropout(0.5), Dense(1, name="two")]
        )
        model.compile("adam", "mse")
        copying = Copying(
            9 if seed == 1 else 99, tmp_path / source, tmp_path / "two.h5"
        )
        history = model.fit(
            X / 9, X, 4, 3, 0, [copying, Resume(tmp_path / source, batches=1)]
        )
        ends.append(bits(model, history))
    assert ends[0] == ends[1] and len(history.epoch) == 3


class TestTheEnd:
    def test_a_kept_file_gives_the_result_again(self, path):
        callbacks = heard()
        uninterrupted = bits(
            *fit([*callbacks, Resume(path, epochs=2, keep=True)]), *callbacks
        )
        callbacks = [*heard(), InterruptingRuns(1)]
        assert (
            bits(*fit([*callbacks, Resume(path, keep=True)]), *callbacks[:-1])
            == uninterrupted
        )

    def test_more_epochs_go_on(self, path):
        uninterrupted = bits(*fit([], nb_epoch=5))
        fit([Resume(path, keep=True)], nb_epoch=2)
        assert bits(*fit([Resume(path)], nb_epoch=5)) == uninterrupted

    @pytest.mark.parametrize("epochs", [1, 5])
    def test_what_was_stopped_stays_stopped(self, epochs, path):
        """Also where it stopped between two saves."""

        def train(*more):
            stopping = EarlyStopping("loss", min_delta=1e9)
            resume = Resume(path, epochs=epochs, keep=True)
            return fit([*more, stopping, resume], nb_epoch=9)

        model, history = train()
        again, history_again = train(InterruptingRuns(1))
        assert history_again.history == history.history and history.epoch == [0, 1]
        assert bits(again, history_again)[2] == bits(model, history)[2]


class TestTheFile:
    def test_it_is_a_model_file(self, path):
        model, _ = fit([Resume(path, keep=True)])
        loaded = load_model(path)
        assert [w.tobytes() for w in loaded.get_weights()] == [
            w.tobytes() for w in model.get_weights()
        ]
        assert loaded.optimizer.get_config() == model.optimizer.get_config()

    def test_another_models_file_stays(self, path):
        new_model().save(path)
        before = (path).read_bytes()
        with pytest.raises(
            ArgumentError, match=r"run\.h5 holds no training state.*another path"
        ):
            fit([Resume(path)])
        assert (path).read_bytes() == before

    def test_other_data(self, path):
        fit([Resume(path, keep=True)])
        with pytest.raises(
            ArgumentError,
            match=r"training with {'batch_size': 4, 'nb_sample': 22}; this has",
        ):
            fit([Resume(path)], x=X[:12])

    def test_another_model(self, path):
        fit([Resume(path, keep=True)])
        with pytest.raises(
            FileFormatError, match=r"\(1, 1\).*Dense.*\(1, 2\)"
        ) as caught:
            new_model(width=2).fit(X, np.tile(X, 2), 4, 3, 0, [Resume(path)])
        assert any("To start again, remove" in note for note in caught.value.__notes__)

    def test_weights_in_another_order(self, path):
        """As when a model is built again in one process, and Keras 1 sorts its new
        names."""
        for numbers in ((1, 2), (9, 10), (10, 11)):
            model = Sequential(
                [Dense(1, input_dim=1, name=f"dense_{number}") for number in numbers]
            )
            model.compile("adam", "mse")
            model.train_function = Step(model)
            if numbers == (9, 10):
                with pytest.raises(
                    ArgumentError,
                    match=r"optimizer's state in another order.*Name the layers",
                ):
                    model.fit(X, X, 4, 3, 0, [Resume(path)])
            else:
                model.fit(X, X, 4, 3, 0, [Resume(path, keep=True)])

    def test_a_damaged_one_is_not_passed_over(self, path):
        fit([Resume(path, keep=True)])
        complete = (path).read_bytes()
        (path).write_bytes(complete[: len(complete) // 2])
        with pytest.raises(FileFormatError, match="damaged or truncated"):
            fit([Resume(path)])

    def test_a_folder_that_is_missing_is_told_before_the_first_batch(self, tmp_path):
        counting = Counting()
        with pytest.raises(FileNotFoundError, match="there is no folder"):
            fit([counting, Resume(tmp_path / "none" / "run.h5")])
        assert counting.count == 0


class TestArguments:
    def test_two_of_them(self, tmp_path):
        with pytest.raises(ArgumentError, match="two Resume objects"):
            fit([Resume(tmp_path / "a.h5"), Resume(tmp_path / "b.h5")])

    @pytest.mark.parametrize(
        "interval",
        [
            {"epochs": 0},
            {"epochs": None},
            {"batches": 0},
            {"batches": 1.5},
            {"batches": True},
            {"seconds": -1.0},
            {"seconds": True},
        ],
    )
    def test_numbers(self, interval):
        with pytest.raises(
            ArgumentError, match=f"Resume received {next(iter(interval))}=.* Expected"
        ):
            Resume("run.h5", **interval)

    def test_an_optimizer_without_a_configuration(self, path):
        class Secret(SGD):
            def get_config(self):
                raise NotImplementedError

        with pytest.raises(
            CapabilityError, match=r"Secret doesn't expose its state.*remove Resume"
        ):
            new_model(Secret()).fit(X, X, 4, 1, 0, [Resume(path)])
        assert not (path).exists()


class TestCallbacks:
    def test_what_nothing_changed_is_the_programs(self, path):
        interrupted(
            ReduceLROnPlateau("val_loss", patience=50),
            InterruptingRuns(15),
            Resume(path),
        )
        plateau = ReduceLROnPlateau("val_loss", patience=70)
        fit([plateau, Resume(path)])
        assert plateau.patience == 70 and plateau.best < np.inf

    def test_two_of_a_class(self, path):
        interrupted(Counting(100), Counting(200), InterruptingRuns(15), Resume(path))
        one, other = Counting(), Counting()
        fit([one, other, Resume(path)])
        assert (one.count, other.count) == (
            100 + BATCHES * EPOCHS,
            200 + BATCHES * EPOCHS,
        )

    def test_a_state_of_its_own(self, path):
        class Own(Counting):
            def get_state(self):
                return self.count, {"a": [1.5]}

            def set_state(self, state):
                self.state = state

        interrupted(Own(), InterruptingRuns(15), Resume(path))
        own = Own()
        fit([own, Resume(path)])
        assert own.state == (12, {"a": [1.5]})

    def test_a_state_that_cannot_be_kept(self, path):
        class Bad(Callback):
            def get_state(self):
                return {"model": object()}

        with pytest.raises(ArgumentError, match=r"Expected plain data.*object at"):
            fit([Bad(), Resume(path)])
