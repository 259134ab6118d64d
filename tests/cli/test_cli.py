"""The `oneiros` command.

Its list at several widths, JSON, exit codes, and commands of other plugins.
"""

import json
import subprocess
import sys
from pathlib import Path

import oneiros
import pytest
import typer
from oneiros import plugins, registry, settings
from oneiros.plugins import PluginManager
from oneiros_cli.plugins import report


@pytest.fixture
def run(oneiros_command):
    return oneiros_command


@pytest.fixture
def faulty():
    """One plugin is made to look broken for the length of a test."""
    with settings.override(disable=["oneiros-noise-of-a-test"]):
        record = plugins.manager().records["oneiros-metrics"]
        record.report("import", ImportError("no module named 'sand'"))
        yield record


def test_the_installed_command_answers():
    command = Path(sys.executable).with_name("oneiros")
    done = subprocess.run(
        [command, "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"oneiros {oneiros.__version__}\n"


def test_help_lists_the_commands_and_no_arguments_is_wrong_usage(run):
    code, out, _ = run("--help")
    assert code == 0 and "plugins" in out and "List every plugin" in out
    assert run()[0] == 2
    assert run("nonsense")[0] == 2


def test_json_holds_all_that_is_known(run):
    code, out, err = run("plugins", "--json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    assert answer["kernel"] == oneiros.__version__
    records = plugins.manager().records.values()
    assert [row["distribution"] for row in answer["plugins"]] == [
        record.distribution for record in records
    ]
    for row, record in zip(answer["plugins"], records, strict=True):
        assert set(row) == {
            *(
                "distribution",
                "version",
                "entry_point",
                "module",
                "state",
                "kinds",
                "hooks",
            ),
            *("import_ms", "phase", "error", "problems"),
        }
        assert (
            row["kinds"] == record.kinds
            and row["state"] == "ok"
            and row["import_ms"] >= 0
        )


def test_every_name_is_shown(run):
    code, out, _ = run("plugins")
    assert code == 0
    words = set(out.replace(",", " ").replace(":", " ").split())
    for record in plugins.manager().records.values():
        assert record.distribution in words
        names = [
            name
            for kind, names in record.kinds.items()
            if kind != "module"
            for name in names
        ]
        assert set(names) <= words
    assert {"layers.core", "engine.topology"} <= words
    assert out.splitlines()[-1].endswith("all ok")


def test_each_plugin_begins_with_its_name_and_state(run):
    begins = f"oneiros-activations {oneiros.__version__}  ok  "
    lines = run("plugins")[1].splitlines()
    assert any(line.startswith(begins) for line in lines)


def test_a_failed_plugin_says_why(run, faulty):
    code, out, _ = run("plugins")
    assert code == 0, "the list was asked for, and given"
    assert "import: ImportError: no module named 'sand'" in out
    assert out.splitlines()[-1].endswith("plugins, 1 not ok")
    row = next(row for row in report([faulty])["plugins"])
    assert row["problems"] == [
        {"phase": "import", "message": "ImportError: no module named 'sand'"}
    ]


def test_no_text_of_a_plugin_controls_the_terminal(run, faulty, monkeypatch):
    """Not its name, its version, or its error in one line or in a traceback."""
    monkeypatch.setattr(faulty, "version", "1\x1b[2J")
    faulty.report("names", ImportError("\x1b]0;owned\x07"))
    for arguments in (["plugins"], ["plugins", "oneiros-metrics"]):
        _, out, _ = run(*arguments)
        assert r"1\x1b[2J" in out and r"\x1b]0;owned\x07" in out
        assert not {"\x1b", "\x07"} & set(out)


def test_one_plugin_is_shown_alone_with_its_traceback(run, faulty):
    _, out, _ = run("plugins", "Oneiros_Metrics")
    assert "oneiros-metrics" in out and "oneiros-kernel" not in out
    assert out.count("ImportError: no module named 'sand'") == 2


def test_an_unknown_plugin(run):
    code, out, err = run("plugins", "nobody")
    assert (code, out) == (1, "")
    assert (
        err
        == "oneiros: There is no plugin 'nobody' here. `oneiros plugins` lists all.\n"
    )


def hello(name: str):
    """Greets."""
    print(f"hello {name}")


def test_a_function_becomes_a_command(run):
    with registry.register("command", "hello", hello):
        assert run("hello", "you") == (0, "hello you\n", "")
        assert "Greets." in run("--help")[1]
        assert run("hello")[0] == 2


def test_a_typer_application_becomes_a_group_of_commands(run):
    app = typer.Typer(help="A group.")
    app.command("hello")(hello)
    app.command("again")(hello)
    with registry.register("command", "group", app):
        assert run("group", "again", "you") == (0, "hello you\n", "")
        assert "A group." in run("--help")[1]


def test_a_command_that_cannot_be_had_spoils_no_other(run):
    with (
        registry.register("command", "greet", hello, distribution="my-lab"),
        registry.register("command", "greet", report, distribution="your-lab"),
    ):
        code, out, err = run("greet", "you")
        assert (code, out) == (1, "")
        assert "my-lab and your-lab both provide the command 'greet'" in err
        assert "Doesn't work" in run("--help")[1]
        with registry.register("command", "hello", hello):
            assert run("hello", "you")[1] == "hello you\n"


def test_strict_ends_with_the_reason_and_no_traceback(run, monkeypatch):
    def failing(self):
        raise oneiros.errors.PluginLoadError("my-lab 1.0, import: it broke")

    monkeypatch.setattr(PluginManager, "discover", failing)
    with settings.override(disable=["oneiros-another-noise"]):
        code, _, err = run("plugins")
    assert (code, err) == (1, "oneiros: my-lab 1.0, import: it broke\n")


def test_help_fits_in_80_columns_and_flags_have_no_type(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = run("--help")
    assert code == 0 and "  --version  Show the version and exit." in out
    assert "..." not in out.partition("Commands:")[2]
    _, out, _ = run("convert", "--help")
    assert "--overwrite  " in out and "--dim-ordering <th|tf>" in out
    assert max(map(len, out.splitlines())) <= 80


def test_piped_lists_have_no_colours_and_a_terminal_s_have(run, monkeypatch):
    lines = run("plugins")[1].splitlines()
    assert "  module: activations" in lines
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "  \x1b[36mmodule\x1b[0m: activations" in run("plugins")[1].splitlines()
