"""Compiled programs that are kept for later processes: the same numbers, in a folder to
which nobody else can write."""

import json
import os
import stat

import pytest
from oneiros import settings
from oneiros.errors import SettingsError
from oneiros_jax_support import kept_programs
from oneiros_jax_support.jax_import import jax
from oneiros_jax_support.kept_programs import KeptPrograms
from processes import run_python

TRAINING = """
import hashlib, json, sys
import numpy as np
import oneiros
from oneiros import backend as K
from oneiros.layers import LSTM, Convolution2D, Dense, Dropout, Flatten
from oneiros.models import Sequential

K.set_backend(sys.argv[1])
oneiros.set_seed(int(sys.argv[2]))
networks = [
    [Dense(8, activation="relu", input_dim=6), Dropout(0.5), Dense(2)],
    [Convolution2D(4, 3, 3, input_shape=(6, 6, 2)), Flatten(), Dense(2)],
    [LSTM(4, input_shape=(5, 3)), Dense(2)],
]
numbers = []
import jax
events = []
jax.monitoring.register_event_listener(lambda name, **_: events.append(name))
for layers in networks:
    model = Sequential(layers)
    model.compile("adam", "mse")
    x = np.random.random((40, *model.input_shape[1:]))
    y = np.random.random((40, 2))
    numbers.append(model.train_on_batch(x[:8], y[:8]))
    numbers += model.fit(x, y, 8, 2, verbose=0).history["loss"]
    numbers += model.get_weights() + [model.predict(x), model.predict(x[:1])]
bits = hashlib.sha256(b"".join(np.asarray(each).tobytes() for each in numbers))
counts = [events.count(f"/jax/compilation_cache/cache_{x}") for x in ("hits", "misses")]
print(json.dumps([bits.hexdigest(), *counts, len(events)]))
"""
ONE_SUM = """
import sys
import numpy as np
from oneiros import backend as K

K.set_backend("jax")
x = K.placeholder((None,))
print(K.function([x], [K.sum(x * 3)])([np.ones(4)])[0])
"""
CONVOLUTION = """
import numpy as np
from oneiros import backend as K
from oneiros.layers import Convolution2D, Flatten, Dense
from oneiros.models import Sequential
import jax

K.set_backend("jax")
events = []
jax.monitoring.register_event_listener(lambda name, **_: events.append(name))
convolutions = [Convolution2D(32, 3, 3, input_shape=(12, 140, 32)), Flatten()]
model = Sequential([*convolutions, Dense(2)])
model.compile("sgd", "mse")
model.train_on_batch(np.ones((16, 12, 140, 32)), np.ones((16, 2)))
print(events.count("/jax/compilation_cache/cache_misses"))
"""
SEARCH = """
import numpy as np
from oneiros import backend as K

K.set_backend("jax")
x = K.variable(np.full((1, 4, 3), 1 / 3))
lengths = K.variable([4], "int32")
print(K.eval(K.ctc_decode(x, lengths, greedy=False, beam_width=2)[1]).shape)
"""
ALLOWED = {"ONEIROS_KEEP_PROGRAMS": "1"}


def trained(home, name, seed=3, **options):
    return json.loads(run(TRAINING, home, name, seed, **options))


def run(code, home, *arguments, **options):
    return run_python(
        code,
        *arguments,
        options=["-W", "error"],
        ONEIROS_HOME=str(home),
        HOME=str(home),
        **{**ALLOWED, **options},
    ).stdout


def programs(home):
    folder = home / "programs"
    return list(folder.iterdir()) if folder.exists() else []


# What is kept


@pytest.mark.parametrize("name", ["theano", "jax"])
def test_a_kept_program_computes_the_same_bits(tmp_path, name):
    without, *_ = trained(tmp_path, name, ONEIROS_KEEP_PROGRAMS="0")
    assert not programs(tmp_path)
    first, hits, misses, _ = trained(tmp_path, name)
    assert misses >= 9
    again, hits_again, misses_again, _ = trained(tmp_path, name)
    assert (hits_again, misses_again) == (hits + misses, 0)
    assert without == first == again


def test_a_program_that_calls_our_machine_code_is_kept(tmp_path):
    assert int(run(CONVOLUTION, tmp_path)) > 0
    assert int(run(CONVOLUTION, tmp_path)) == 0


@pytest.mark.parametrize("name", ["theano", "jax"])
def test_programs_serve_processes_with_other_seeds(tmp_path, name):
    first, *_ = trained(tmp_path, name)
    other, hits, misses, _ = trained(tmp_path, name, seed=4)
    assert hits and not misses
    assert other != first
    assert other == trained(tmp_path, name, seed=4, ONEIROS_KEEP_PROGRAMS="0")[0]


def test_calls_of_python_arent_kept(tmp_path):
    run(ONE_SUM, tmp_path)
    others = len(programs(tmp_path))
    shape = run(SEARCH, tmp_path)
    kept = len(programs(tmp_path))
    assert shape == run(SEARCH, tmp_path)
    assert len(programs(tmp_path)) == kept
    contents = b"".join(file.read_bytes() for file in programs(tmp_path))
    assert others and b"callback" not in contents


def test_a_damaged_program_is_compiled_again_and_replaced(tmp_path):
    expected = run(ONE_SUM, tmp_path)
    (file,) = programs(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    assert run(ONE_SUM, tmp_path) == expected
    assert len(file.read_bytes()) > len(whole) - 100


def test_a_program_that_xla_rejects_is_tried_once(tmp_path):
    expected = run(ONE_SUM, tmp_path)
    (file,) = programs(tmp_path)
    nonsense = b"no program"
    file.write_bytes(kept_programs.DIGEST(nonsense).digest() + nonsense)
    for _ in range(2):
        assert run(ONE_SUM, tmp_path) == expected
        assert file.read_bytes() == b""


def test_another_processor_gets_programs_of_its_own(tmp_path, monkeypatch):
    kept = KeptPrograms(tmp_path)
    kept.put("key", b"program")
    assert KeptPrograms(tmp_path).get("key") == b"program"
    monkeypatch.setenv("NPROC", "77")
    assert KeptPrograms(tmp_path).get("key") is None


def test_a_disk_that_fails_costs_only_the_program(tmp_path, monkeypatch):
    kept = KeptPrograms(tmp_path)

    def fail(*paths):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    kept.put("key", b"program")
    assert kept.get("key") is None
    assert not list(tmp_path.iterdir())


def test_what_was_used_last_stays(tmp_path, monkeypatch):
    kept = KeptPrograms(tmp_path)
    for number in range(4):
        kept.put(str(number), bytes(1000))
        os.utime(kept._file(str(number)), (number, number))
    assert kept.get("0")
    monkeypatch.setattr(kept_programs, "MOST_BYTES", 2100)
    kept_programs._forget_oldest(tmp_path)
    assert [kept.get(str(number)) is not None for number in range(4)] == [
        True,
        False,
        False,
        True,
    ]


# Where it is kept


def test_nobody_else_reads_or_writes_the_folder(tmp_path):
    before = os.umask(0)
    try:
        run(ONE_SUM, tmp_path / "home")
    finally:
        os.umask(before)
    for folder in ("home", "home/programs"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700
    (file,) = programs(tmp_path / "home")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("ONEIROS_HOME", str(home))
    return home


@pytest.mark.parametrize("place", [".", "programs", ".."])
def test_a_folder_to_which_others_write_is_refused(home, place):
    assert kept_programs._private_folder() == home.resolve() / "programs"
    (home / place).chmod(0o777)
    with pytest.warns(UserWarning, match="others may write to .*ONEIROS_HOME"):
        assert kept_programs._private_folder() is None
    (home / place).chmod(0o700)
    assert kept_programs._private_folder()


def test_others_may_write_beside_it_where_names_are_kept(home):
    home.parent.chmod(0o1777)
    assert kept_programs._private_folder()


def test_a_folder_of_somebody_else_is_refused(home, monkeypatch):
    assert kept_programs._private_folder()
    if os.getuid():
        monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    else:
        os.chown(home / "programs", 1234, -1)
    with pytest.warns(UserWarning, match="belongs to somebody else"):
        assert kept_programs._private_folder() is None


def test_a_link_leads_to_a_folder_that_is_checked(home, tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (home / "programs").symlink_to(shared)
    with pytest.warns(UserWarning, match=f"others may write to {shared}"):
        assert kept_programs._private_folder() is None


def test_a_refused_folder_costs_one_warning_and_no_results(tmp_path):
    expected = run(ONE_SUM, tmp_path, ONEIROS_KEEP_PROGRAMS="0")
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs").chmod(0o777)
    done = run_python(
        ONE_SUM, ONEIROS_HOME=str(tmp_path), HOME=str(tmp_path), **ALLOWED
    )
    assert done.stdout == expected
    assert done.stderr.count("Warning") == 1
    assert not programs(tmp_path)


# Switches


def test_it_can_be_switched_off(tmp_path):
    (tmp_path / "settings.toml").write_text(
        "[plugin.oneiros-jax-support]\nkeep_programs = false\n"
    )
    run(ONE_SUM, tmp_path)
    assert not (tmp_path / "programs").exists()
    with (
        settings.override(plugin={"oneiros-jax-support": {"keep_programs": "no"}}),
        pytest.raises(SettingsError, match=r"keep_programs .* true or false"),
    ):
        kept_programs._is_wanted()


def test_a_folder_given_to_jax_stays_in_use(tmp_path):
    own = tmp_path / "own"
    run(
        ONE_SUM,
        tmp_path,
        JAX_COMPILATION_CACHE_DIR=str(own),
        JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS="0",
    )
    assert list(own.iterdir())
    assert not (tmp_path / "programs").exists()


def test_building_a_network_keeps_nothing_and_changes_nothing(tmp_path):
    code = """
from oneiros import backend as K
K.set_backend("jax")
import jax
from jax._src import compilation_cache
from oneiros.layers import Dense
from oneiros.models import Sequential
before = jax.config.values.copy()
Sequential([Dense(2, input_dim=3)]).compile("sgd", "mse")
assert jax.config.values == before
assert compilation_cache._cache is None
"""
    run(code, tmp_path)
    assert not (tmp_path / "programs").exists()


def test_these_tests_keep_nothing():
    assert os.environ[kept_programs.SWITCH] == "0"
    assert not kept_programs._is_wanted()
    assert jax.config.jax_compilation_cache_dir is None
