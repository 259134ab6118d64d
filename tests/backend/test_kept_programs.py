"""Compiled programs that are kept for later processes: the same numbers, in a folder to
which nobody else can write."""

import json
import os
import stat

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import settings
from oneiros.errors import SettingsError
from oneiros.layers import Dense
from oneiros.models import Sequential
from processes import run_python

TRAINING = """
import hashlib, json, sys
import numpy as np
import oneiros
from oneiros import backend as K
from oneiros.layers import LSTM, Convolution2D, Dense, Dropout, Flatten
from oneiros.models import Sequential

def bits_of(seed):
    oneiros.set_seed(seed)
    numbers = []
    for layers in (
        [Dense(8, activation="relu", input_dim=6), Dropout(0.5), Dense(2)],
        [Convolution2D(4, 3, 3, input_shape=(6, 6, 2)), Flatten(), Dense(2)],
        [LSTM(4, input_shape=(5, 3)), Dense(2)],
    ):
        model = Sequential(layers)
        model.compile("adam", "mse")
        x = np.random.random((40, *model.input_shape[1:]))
        y = np.random.random((40, 2))
        numbers.append(model.train_on_batch(x[:8], y[:8]))
        numbers += model.fit(x, y, 8, 2, verbose=0).history["loss"]
        numbers += [*model.get_weights(), model.predict(x), model.predict(x[:1])]
    parts = [np.asarray(each).tobytes() for each in numbers]
    return hashlib.sha256(b"".join(parts)).hexdigest()
"""
IN_A_PROCESS = """
K.set_backend(sys.argv[1])
print(json.dumps([bits_of(seed) for seed in (3, 4)]))
"""


@pytest.fixture
def kept_programs():
    from oneiros_jax_support import kept_programs

    return kept_programs


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("ONEIROS_HOME", str(home))
    return home


@pytest.fixture
def anew(kept_programs, home, monkeypatch, on_jax):
    """A function after which programs are kept as in a new process."""
    from jax._src import compilation_cache

    config = kept_programs.jax.config
    before = dict(config.values)

    def forget():
        kept_programs.keep_programs.cache_clear()
        compilation_cache.reset_cache()

    monkeypatch.setenv(kept_programs.SWITCH, "1")
    forget()
    yield forget
    forget()
    for name, value in before.items():
        if config.values[name] != value:
            config.update(name, value)


def programs(home):
    folder = home / "programs"
    return sorted(folder.iterdir()) if folder.exists() else []


def contents(home):
    return [file.read_bytes() for file in programs(home)]


def tripled_sum():
    x = K.placeholder((None,))
    return K.function(x, K.sum(x * 3))([np.ones(4)])


# What is kept


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["jax", pytest.param("theano", marks=pytest.mark.slow)]
)
def test_a_kept_program_computes_the_same_bits_for_any_seed(
    anew, home, monkeypatch, name
):
    training = {}
    exec(TRAINING, training)
    with K.use(name):
        first = training["bits_of"](3)
        kept = contents(home)
        assert len(kept) >= 9
        done = run_python(TRAINING + IN_A_PROCESS, name, options=["-W", "error"])
        assert contents(home) == kept
        monkeypatch.setenv("ONEIROS_KEEP_PROGRAMS", "0")
        anew()
        other = training["bits_of"](4)
    assert first != other
    assert json.loads(done.stdout) == [first, other]


def test_a_program_that_calls_our_machine_code_is_kept(anew, home, monkeypatch):
    monkeypatch.setattr("oneiros_jax_support.convolutions.LARGE", 0)
    x, kernel = K.placeholder((None, 6, 6, 2)), K.variable(np.ones((3, 3, 2, 2)))
    loss = K.sum(K.square(K.conv2d(x, kernel, dim_ordering="tf")))
    found = []
    for _ in range(2):
        anew()
        slope = K.function(x, K.gradients(loss, kernel)[0])
        found.append((slope([np.ones((4, 6, 6, 2))]).tolist(), contents(home)))
    assert found[0] == found[1]
    assert contents(home)


def test_calls_of_python_arent_kept(anew, home):
    tripled_sum()
    x, lengths = K.variable(np.full((1, 4, 3), 1 / 3)), K.variable([4], "int32")
    _, scores = K.ctc_decode(x, lengths, greedy=False, beam_width=2)
    K.function([], scores)([])
    assert len(programs(home)) == 1


def test_a_damaged_program_is_compiled_again_and_replaced(anew, home):
    expected = tripled_sum()
    (file,) = programs(home)
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    anew()
    assert tripled_sum() == expected
    assert len(file.read_bytes()) > len(whole) - 100


def test_a_program_that_xla_rejects_is_tried_once(anew, home, kept_programs):
    expected = tripled_sum()
    (file,) = programs(home)
    nonsense = b"no program"
    file.write_bytes(kept_programs.DIGEST(nonsense).digest() + nonsense)
    for _ in range(2):
        anew()
        assert tripled_sum() == expected
        assert file.read_bytes() == b""


def test_another_processor_gets_programs_of_its_own(
    kept_programs, tmp_path, monkeypatch
):
    kept = kept_programs.KeptPrograms(tmp_path)
    kept.put("key", b"program")
    assert kept_programs.KeptPrograms(tmp_path).get("key") == b"program"
    monkeypatch.setenv("NPROC", "77")
    assert kept_programs.KeptPrograms(tmp_path).get("key") is None


def test_a_disk_that_fails_costs_only_the_program(kept_programs, tmp_path, monkeypatch):
    kept = kept_programs.KeptPrograms(tmp_path)

    def fail(*paths):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    kept.put("key", b"program")
    assert kept.get("key") is None
    assert not list(tmp_path.iterdir())


def test_what_was_used_last_stays(kept_programs, tmp_path, monkeypatch):
    kept = kept_programs.KeptPrograms(tmp_path)
    for number in range(4):
        kept.put(str(number), bytes(1000))
        os.utime(kept._file(str(number)), (number, number))
    assert kept.get("0")
    monkeypatch.setattr(kept_programs, "MOST_BYTES", 2100)
    kept_programs._forget_oldest(tmp_path)
    assert [number for number in range(4) if kept.get(str(number))] == [0, 3]


# Where it is kept


def test_nobody_else_reads_or_writes_the_folder(anew, home):
    home.rmdir()
    before = os.umask(0)
    try:
        tripled_sum()
    finally:
        os.umask(before)
    (file,) = programs(home)
    modes = [stat.S_IMODE(x.stat().st_mode) for x in (home, file.parent, file)]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("place", [".", "programs", ".."])
def test_a_folder_to_which_others_write_is_refused(kept_programs, home, place):
    assert kept_programs._private_folder() == home.resolve() / "programs"
    (home / place).chmod(0o777)
    with pytest.warns(UserWarning, match="others may write to .*ONEIROS_HOME"):
        assert kept_programs._private_folder() is None
    (home / place).chmod(0o700)
    assert kept_programs._private_folder()


def test_others_may_write_beside_it_where_names_are_kept(kept_programs, home):
    home.parent.chmod(0o1777)
    assert kept_programs._private_folder()


def test_a_folder_of_somebody_else_is_refused(kept_programs, home, monkeypatch):
    assert kept_programs._private_folder()
    if os.getuid():
        monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    else:
        os.chown(home / "programs", 1234, -1)
    with pytest.warns(UserWarning, match="belongs to somebody else"):
        assert kept_programs._private_folder() is None


def test_a_link_leads_to_a_folder_that_is_checked(kept_programs, home, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (home / "programs").symlink_to(shared)
    with pytest.warns(UserWarning, match=f"others may write to {shared}"):
        assert kept_programs._private_folder() is None


def test_a_refused_folder_costs_one_warning_and_no_results(anew, home):
    folder = home / "programs"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.warns(UserWarning) as said:
        assert tripled_sum() == tripled_sum() == 12
    assert len(said) == 1
    assert not programs(home)


# Switches


def is_wanted(kept_programs, value):
    plugin = {"oneiros-jax-support": {"keep_programs": value}}
    with settings.override(plugin=plugin):
        return kept_programs._is_wanted()


def test_it_can_be_switched_off(anew, kept_programs):
    assert is_wanted(kept_programs, True)
    assert not is_wanted(kept_programs, False)
    with pytest.raises(SettingsError, match=r"keep_programs .* true or false"):
        is_wanted(kept_programs, "no")


def test_a_folder_given_to_jax_stays_in_use(anew, home, kept_programs, tmp_path):
    own = tmp_path / "own"
    kept_programs.jax.config.update("jax_compilation_cache_dir", str(own))
    kept_programs.jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    tripled_sum()
    assert list(own.iterdir())
    assert not programs(home)


def test_building_a_network_keeps_nothing_and_changes_nothing(
    anew, home, kept_programs
):
    from jax._src import compilation_cache

    before = dict(kept_programs.jax.config.values)
    Sequential([Dense(2, input_dim=3)]).compile("sgd", "mse")
    assert kept_programs.jax.config.values == before
    assert compilation_cache._cache is None
    assert not programs(home)


def test_these_tests_keep_nothing(kept_programs):
    assert os.environ[kept_programs.SWITCH] == "0"
    assert not kept_programs._is_wanted()
    assert kept_programs.jax.config.jax_compilation_cache_dir is None
