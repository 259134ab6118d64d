"""`oneiros doctor`, `plugins freeze`, `plugins sync`, `oneiros.require` and
`oneiros.plugin`."""

import json
import math
import os
import re
import time
from types import SimpleNamespace

import oneiros
import pytest
from oneiros import backend as K
from oneiros import hookimpl, plugins, registry
from oneiros.bases import Callback
from oneiros.engine.layer import Layer
from oneiros.errors import ArgumentError, PluginLoadError, UnknownNameError
from oneiros.models import Sequential, load_model
from oneiros_cli import engines, processes
from processes import run_python
from written_plugins import HOOKS, hook, start, write_plugin

MAIN = "from oneiros_cli.main import main; main({})"
BACKENDS = ",".join(
    entry.distribution
    for entries in plugins.manager().entries["backend"].values()
    for entry in entries
)
HANGING = """
import time
from oneiros.backend import Backend
class Hanging(Backend):
    def __init__(self):
        time.sleep(99)
"""


@pytest.fixture
def sick(tmp_path):
    """An environment in which each distribution has one fault."""
    busy = "import time\nend = time.process_time() + 0.06\n"
    busy += "while time.process_time() < end:\n    pass\n"
    noisy = f"print('hello')\n{busy}{HOOKS}"
    noisy += hook("commands", "{'plugins': 'builtins:print'}")
    noisy += hook("backends", "{'hanging': 'noisy.hanging:Hanging'}")
    files = {"__init__.py": "", "manifest.py": noisy, "hanging.py": HANGING}
    points = "[oneiros.v1]\nnoisy = noisy.manifest\n"
    write_plugin(tmp_path, "noisy", "noisy", files, points)
    light = {"__init__.py": "", "manifest.py": HOOKS}
    for name, group in {"near": "oneiros.vx", "newer": "oneiros.v2"}.items():
        write_plugin(tmp_path, name, name, light, f"[{group}]\na = {name}.manifest\n")
    points = "[oneiros.v1]\ndemanding = demanding.manifest\n"
    write_plugin(tmp_path, "demanding", "demanding", light, points)
    restless = "import os; os.chdir('/'); os.environ['RESTLESS'] = '1'\n" + HOOKS
    files = {"__init__.py": "", "manifest.py": restless}
    points = "[oneiros.v1]\nrestless = restless.manifest\n"
    write_plugin(tmp_path, "restless", "restless", files, points)
    (tmp_path / "settings.toml").write_text("floatx = 5\n")
    metadata = tmp_path / "demanding-1.0.dist-info" / "METADATA"
    metadata.write_text(f"{metadata.read_text()}Requires-Dist: numpy>=99\n")
    for name, text in {"nameless": b"Version: 1\n", "garbled": b"\xff\xfe"}.items():
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_bytes(text)
        (info / "entry_points.txt").write_text(f"[oneiros.v1]\na = {name}.manifest\n")
    return tmp_path


def test_the_doctor_finds_each_fault_and_says_what_to_type(sick):
    arguments = ["doctor", "--json", "--patience", "0.1"]
    broken = {"ONEIROS_STRICT": "maybe", "ONEIROS_HOME": str(sick)}
    code = MAIN.format(arguments)
    done = start(sick, code, ONEIROS_DISABLE=BACKENDS, **broken)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert "hello" in done.stderr
    told = [(fault["subject"], fault["text"]) for fault in report["faults"]]
    first, second = told[:2]
    assert first[0] == second[0] == "settings"
    assert "settings.toml sets 'floatx' to 5" in first[1]
    assert "ONEIROS_STRICT sets 'strict' to 'maybe'" in second[1]
    assert report["settings_file"] == str(sick / "settings.toml")
    texts = "\n".join(f"{subject}: {text}" for subject, text in told)
    for expected in (
        r"noisy: Importing its manifest takes \d+ ms",
        r"backend hanging: .* within 0.1 seconds",
        r"near: .*'oneiros.vx'",
        r"newer: .*'oneiros.v2'",
        r"demanding: It requires numpy>=99; \S+ is installed",
        r"nameless-1.0.dist-info: The distribution has no name",
        r"garbled-1.0.dist-info: Its metadata can't be read",
        r"noisy: names: .*command 'plugins'",
        r"restless: .*changes the environment and the working directory of every",
    ):
        assert re.search(expected, texts), (expected, texts)
    assert all(fault["remedy"] for fault in report["faults"])
    sources = {row["setting"]: row["source"] for row in report["settings"]}
    assert sources["disable"] == "ONEIROS_DISABLE"
    assert 'pip install "numpy>=99"' in done.stdout.replace("\\", "")


def test_no_plugin_takes_the_command_that_lists_it(sick):
    """What manifests print isn't among the JSON."""
    done = start(sick, MAIN.format(["plugins", "--json"]))
    rows = json.loads(done.stdout)["plugins"]
    assert "noisy" in [row["distribution"] for row in rows], done.stderr


def test_help_shows_messages_as_they_are(tmp_path):
    for name in ("first", "second"):
        manifest = HOOKS + hook("commands", f"{{'greet': '{name}.x:x'}}")
        files = {"__init__.py": "", "manifest.py": manifest}
        points = f"[oneiros.v1]\n{name} = {name}.manifest\n"
        write_plugin(tmp_path, name, name, files, points)
    said = start(tmp_path, MAIN.format(["greet", "--help"])).stdout
    assert "under [prefer] in" in " ".join(said.split())


def test_a_healthy_environment(oneiros_command, monkeypatch):
    """Without the engines, which other tests load."""
    monkeypatch.setattr("oneiros_cli.engines.ask", lambda found, patience: None)
    code, out, err = oneiros_command("doctor")
    assert (code, err) == (0, "")
    assert "pytensor" in out and "tested: " in out and out.endswith("is wrong.\n")


def test_an_engine_for_another_python(monkeypatch):
    engine = engines.Engine("theano", "x", pythons={"pytensor": ">=3.2", "old": "<3"})
    (fault,) = engines.faults([engine])
    assert fault.text.startswith("old is made for Python <3; this is 3.")


@pytest.mark.parametrize(
    ("used", "is_over"),
    [
        ([0, 3], False),  # on a busy machine
        ([0, 0.01], True),  # it hangs
        ([0, 9, 9.01], True),
        ([5, 10, 16], True),  # it computes for too long
        ([5, 10, 14], False),
        ([math.inf, math.inf], True),  # where the system doesn't tell
    ],
)
def test_a_process_may_take_longer_on_a_busy_machine(monkeypatch, used, is_over):
    times = iter(used)
    monkeypatch.setattr(processes, "processor_time", lambda pid: next(times))
    limit = processes.Patience(0, seconds=10)
    assert [limit.is_over() for _ in used[1:]][-1] == is_over


def test_the_processor_time_of_a_process():
    before = processes.processor_time(os.getpid())
    end = time.process_time() + 0.1
    while time.process_time() < end:
        pass
    assert processes.processor_time(os.getpid()) > before


def test_a_lock_is_what_sync_finds(oneiros_command, tmp_path):
    _, text, _ = oneiros_command("plugins", "freeze")
    assert f"oneiros-kernel=={oneiros.__version__}\n" in text and "\npytensor==" in text
    lock = tmp_path / "paper.txt"
    lock.write_text(text)
    assert oneiros_command("plugins", "sync", lock)[0] == 0
    changed = text.replace("oneiros-kernel==", "oneiros-kernel==9.")
    lock.write_text(re.sub(r"oneiros-cli==.*\n", "gone-lab==1.0\n", changed))
    code, out, _ = oneiros_command("plugins", "sync", lock)
    assert code == 1 and f"Type: pip install -r {lock}" in out
    assert "oneiros-kernel 0.1.0 is installed; the file has oneiros-kernel==9." in out
    assert "gone-lab==1.0 isn't installed" in out
    assert "oneiros-cli isn't in the file" in out
    lock.write_text("what is this?\n")
    code, _, err = oneiros_command("plugins", "sync", lock)
    assert code == 1 and "'what is this?', which isn't a requirement" in err
    assert "There is no file" in oneiros_command("plugins", "sync", tmp_path / "no")[2]


def test_what_a_program_requires():
    oneiros.require("oneiros-kernel>=0.1", "numpy")
    with pytest.raises(PluginLoadError, match=r'0\.1\.0 is installed\. .*>=99"'):
        oneiros.require("oneiros.kernel>=99")
    with pytest.raises(PluginLoadError, match=r'no my-lab is .*install "my-lab>=1.2"'):
        oneiros.require("my-lab>=1.2")
    with pytest.raises(ArgumentError, match=r"such as 'my-lab>=1\.2'"):
        oneiros.require("my lab")


class Twice(Layer):
    loadable = True

    def call(self, x, mask=None):
        return 2 * x


def gap(y_true, y_pred):
    return K.mean(K.abs(y_pred - y_true), axis=-1)


def test_components_of_a_notebook(tmp_path):
    with oneiros.plugin(Twice, gap):
        model = Sequential([Twice(input_shape=(3,))])
        model.compile("sgd", "gap", metrics=["gap"])
        model.save(tmp_path / "m.h5")
        assert load_model(tmp_path / "m.h5").loss == "gap"
        assert oneiros.layers.Twice is Twice
    for kind, name in (("layer", "Twice"), ("objective", "gap"), ("metric", "gap")):
        with pytest.raises(UnknownNameError):
            registry.resolve(kind, name)
    lasting = oneiros.plugin(gap, kind="metric")
    assert registry.resolve("metric", "gap") is gap
    lasting.close()
    assert not registry.find("metric", "gap")


def test_hooks_of_a_notebook():
    class Seen(Callback):
        pass

    @hookimpl
    def oneiros_default_callbacks():
        return [Seen()]

    @hookimpl
    def oneiros_layers():
        return {"Double": f"{__name__}:Twice"}

    hooks = SimpleNamespace(
        oneiros_default_callbacks=oneiros_default_callbacks,
        oneiros_layers=oneiros_layers,
    )

    def callbacks():
        arguments = {"model": None, "params": {"verbose": 0}}
        lists = plugins.call("oneiros_default_callbacks", **arguments)
        return [type(each) for listed in lists for each in listed]

    with oneiros.plugin(hooks):
        assert Seen in callbacks()
        assert registry.resolve("layer", "Double") is Twice
    assert Seen not in callbacks()


def test_hooks_of_two_namespaces_are_there_together():
    def hooks(callback):
        @hookimpl
        def oneiros_default_callbacks():
            return [callback]

        return SimpleNamespace(oneiros_default_callbacks=oneiros_default_callbacks)

    def added():
        arguments = {"model": None, "params": {"verbose": 0}}
        lists = plugins.call("oneiros_default_callbacks", **arguments)
        return [each for listed in lists for each in listed if each in both]

    first, second = both = Callback(), Callback()
    with oneiros.plugin(hooks(first)):
        with oneiros.plugin(hooks(second)):
            assert set(added()) == {first, second}
        assert added() == [first]
    assert not added()


@pytest.mark.parametrize("thing", [SimpleNamespace(x=1), 5, int])
def test_what_is_no_component(thing):
    with pytest.raises(ArgumentError, match=r"oneiros\.plugin received"):
        oneiros.plugin(thing)


def test_a_manifest_changes_no_filters_and_star_disables_plugins_of_others(tmp_path):
    manifest = f"import warnings; warnings.simplefilter('ignore')\n{HOOKS}"
    files = {"__init__.py": "", "manifest.py": manifest}
    points = "[oneiros.v1]\nfault = fault.manifest\n"
    write_plugin(tmp_path, "oneiros-attention", "fault", files, points)
    code = """
import warnings
before = list(warnings.filters)
from oneiros.plugins import manager
from oneiros.registry import owners
records = manager().records
own = records.keys() & owners()["package"].values()
print(records["oneiros-attention"].state, *{records[name].state for name in own})
assert warnings.filters == before
"""
    for variables, state in (({}, "ok"), ({"ONEIROS_DISABLE": "*"}, "disabled")):
        told = start(tmp_path, code, **variables).stdout
        assert told == f"{state} ok\n"


def test_the_trace_names_each_call_its_plugin_and_its_cost():
    code = "from oneiros import registry; registry.names('layer')"
    told = run_python(code, ONEIROS_TRACE="1").stderr
    line = r"^oneiros: oneiros_layers of oneiros-layers-core: \d+\.\d\d ms$"
    assert re.search(line, told, re.M)
    assert run_python(code).stderr == ""
