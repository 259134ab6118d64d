"""`oneiros launch` starts processes, shows what they write, and ends them together."""

import ast
import io
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest
from oneiros_distribution import launch
from oneiros_distribution.prefixed_output import Screen, Stream

COMMAND = "from oneiros_cli.main import main; main()"
LAUNCH = [sys.executable, "-c", COMMAND, "launch", "--processes", "2", "script.py"]
HOST = socket.gethostname()
ONLY_RANK_1 = "import os, sys, time\nif os.environ['ONEIROS_RANK'] == '1':\n    "
DESCRIBE = """
import os, sys
from oneiros_distribution.cluster import cluster_from
print((vars(cluster_from(os.environ)), sys.argv[1:]))
print("an error", file=sys.stderr)
"""
"""Prints what a process finds in its environment."""
INTERRUPTED = """
import os, pathlib, time
rank = os.environ["ONEIROS_RANK"]
try:
    print("ready", flush=True)
    time.sleep(600)
finally:
    pathlib.Path(f"interrupted-{rank}").touch()
"""
BAR = """
import os, shutil, sys, time
from pathlib import Path
from oneiros.utils.generic_utils import Progbar
shown, told = Path("shown"), Path("told")
if os.environ["ONEIROS_RANK"] == "1":
    while not shown.exists():
        time.sleep(0.01)
    print("a line of another process")
    print("a warning", file=sys.stderr)
    told.touch()
else:
    print(shutil.get_terminal_size().columns, "columns")
    bar = Progbar(3)
    bar.update(1, [("loss", 0.5)])
    shown.touch()
    while not told.exists():
        time.sleep(0.01)
    bar.update(2, [("loss", 0.25)])
    bar.update(3, [("loss", 0.25)])
"""

pytestmark = [
    pytest.mark.usefixtures("interruptible"),
    # Other tests have imported JAX into this process, the command hasn't
    pytest.mark.filterwarnings(r"ignore:os\.fork\(\) was called"),
]


@pytest.fixture
def launched(oneiros_command, tmp_path, monkeypatch):
    """Runs code by `oneiros launch`, in an empty folder; returns the exit status, and
    the lines on stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def run(code, *arguments, processes=2):
        Path("script.py").write_text(code)
        options = ["launch", "--processes", processes]
        status, out, err = oneiros_command(*options, "script.py", *arguments)
        return status, out.splitlines(), err.splitlines()

    return run


def descriptions(lines):
    """Returns what the script DESCRIBE has printed, by the prefix of the line."""
    texts = dict(line.split(" ", 1) for line in lines)
    return {prefix: ast.literal_eval(text) for prefix, text in texts.items()}


def test_processes_are_one_cluster_on_this_machine(launched):
    status, out, err = launched(DESCRIBE, "--epochs", "3", "-v", processes=3)
    assert status == 0
    described = descriptions(out)
    assert sorted(described) == ["[0]", "[1]", "[2]"]
    clusters = [cluster for cluster, _ in described.values()]
    assert sorted(each["rank"] for each in clusters) == [0, 1, 2]
    (address,) = {each["coordinator"] for each in clusters}
    assert address.startswith("127.0.0.1:")
    for cluster, arguments in described.values():
        assert cluster["processes"] == cluster["local_processes"] == 3
        assert cluster["local_rank"] == cluster["rank"]
        assert arguments == ["--epochs", "3", "-v"]
    assert sorted(err) == ["[0] an error", "[1] an error", "[2] an error"]


def test_a_module_is_started_as_python_starts_it(
    oneiros_command, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text("import sys; print(__name__, sys.argv[1:])")
    status, out, _ = oneiros_command("launch", "--processes", 1, "-m", "train", "-x")
    assert (status, out) == (0, "[0] __main__ ['-x']\n")


def test_the_first_failure_ends_all_and_is_told_first_and_last(launched):
    code = f"{ONLY_RANK_1}sys.exit('no data')\n" + "import time; time.sleep(600)"
    status, out, err = launched(code, processes=3)
    reason = f"oneiros launch: process 1 on {HOST} failed with exit status 1"
    assert (status, out) == (1, [])
    assert err == [
        "[1] no data",
        f"{reason}; ending the others.",
        f"{reason}. Its last lines on stderr:",
        "  no data",
    ]


def test_the_exit_status_is_that_of_the_failed_process(launched):
    assert launched(f"{ONLY_RANK_1}sys.exit(7)")[0] == 7


def test_a_signal_is_named(launched):
    status, _, err = launched(f"{ONLY_RANK_1}os.kill(os.getpid(), 9)")
    assert status == 128 + signal.SIGKILL
    assert f"process 1 on {HOST} was ended by SIGKILL" in err[0]
    assert "It wrote nothing to stderr." in err[-2]
    assert "Resume" in err[-1]


def test_who_doesnt_end_is_killed_with_what_it_has_started(launched, monkeypatch):
    monkeypatch.setattr(launch, "SECONDS_TO_END", 0.5)
    code = """
import os, pathlib, signal, subprocess, sys, time
if os.environ["ONEIROS_RANK"] == "1":
    while not pathlib.Path("ready").exists():
        time.sleep(0.01)
    sys.exit(3)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
print(os.getpid(), child.pid)
pathlib.Path("ready").touch()
time.sleep(600)
"""
    status, out, _ = launched(code)
    assert status == 3
    for pid in map(int, out[0].removeprefix("[0] ").split()):
        assert is_gone(pid)


def is_gone(pid):
    """Returns whether a process ends soon; one that nobody waits for has ended."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


FOLLOWS = """
import os, pathlib, sys, time
if os.environ["ONEIROS_RANK"] == "0":
    pathlib.Path("gone").touch()
    sys.exit("DistributionError: process 1 ended")
while not pathlib.Path("gone").exists():
    time.sleep(0.01)
time.sleep(0.3)
"""


def test_the_cause_is_told_even_if_others_end_before_it(launched):
    status, _, err = launched(f"{FOLLOWS}sys.exit(5)")
    assert status == 5
    assert f"process 1 on {HOST} failed" in err[1]


def test_if_all_follow_another_the_first_is_told(launched):
    _, _, err = launched(f"{FOLLOWS}sys.exit('DistributionError: nobody came')")
    assert any(f"process 0 on {HOST} failed" in line for line in err)


def test_if_one_goes_on_after_a_failure_it_is_ended(launched, monkeypatch):
    monkeypatch.setattr(launch, "SECONDS_TO_TELL", 0.5)
    status, _, err = launched(f"{FOLLOWS}time.sleep(600)")
    assert status == 1
    assert f"process 0 on {HOST} failed" in err[1]


def start(folder):
    """Starts the command in a process of its own, for the script in a folder."""
    return subprocess.Popen(
        LAUNCH, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")]
)
def test_a_signal_reaches_all_and_ends_in_one_message(tmp_path, number, name):
    (tmp_path / "script.py").write_text(INTERRUPTED)
    launcher = start(tmp_path)
    ready = {launcher.stdout.readline() for _ in range(2)}
    launcher.send_signal(number)
    out, err = launcher.communicate(timeout=60)
    assert ready == {"[0] ready\n", "[1] ready\n"}
    assert (out, err) == ("", f"oneiros launch: {name} ended all 2 processes.\n")
    assert launcher.returncode == 128 + number
    is_interrupt = number == signal.SIGINT
    for rank in range(2):
        assert (tmp_path / f"interrupted-{rank}").exists() == is_interrupt


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a process")
def test_no_process_outlives_the_command(tmp_path):
    (tmp_path / "script.py").write_text(
        "import os, time; print(os.getpid()); time.sleep(600)"
    )
    with start(tmp_path) as launcher:
        lines = [launcher.stdout.readline() for _ in range(2)]
        launcher.kill()
    assert all(is_gone(int(line.split()[1])) for line in lines)


def terminal_output(folder, columns):
    """Runs the command in a terminal of that width; returns all that it writes."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (30, columns))
    process = subprocess.Popen(
        LAUNCH,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "", "NO_COLOR": "1"},
    )
    os.close(its)
    written = b""
    with suppress(OSError):  # the end of a terminal
        while data := os.read(ours, 65_536):
            written += data
    os.close(ours)
    assert process.wait(60) == 0, written
    return written.decode()


def test_a_progress_bar_moves_below_the_lines_of_others(tmp_path):
    (tmp_path / "script.py").write_text(BAR)
    written = terminal_output(tmp_path, columns=60)
    drawn = re.split(r"\r\x1b\[2K|\r\n", written)
    assert "[0] 56 columns" in drawn
    bars = [text for text in drawn if text.startswith("[0] 1/3 [")]
    assert bars and all(len(bar) < 60 and "loss: 0.5000" in bar for bar in bars)
    for line in ("[1] a line of another process", "[1] a warning"):
        place = drawn.index(line)
        assert drawn[place - 1] == drawn[place + 1] == bars[-1]
    seen = [line.rpartition("\x1b[2K")[2] for line in written.split("\r\n")]
    assert seen[0] == "[0] 56 columns"
    assert set(seen[1:3]) == {"[1] a line of another process", "[1] a warning"}
    assert seen[3].startswith(f"[0] 3/3 [{30 * '='}]")
    assert seen[-1] == ""


def test_lines_are_whole_however_they_are_written():
    file = io.StringIO()
    stream = Stream(Screen(file), file, 12, moves=False)
    for data in (b"on", b"e\nt\xc3", b"\xb6w\r\n 10%\r 90%", b"\r99%\n\nthree"):
        stream.feed(data)
    complete = "[12] one\n[12] töw\n[12] 99%\n[12] \n"
    assert file.getvalue() == complete
    stream.end()
    assert file.getvalue() == f"{complete}[12] three\n"


def test_colours_tell_processes_apart(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    streams = [Stream(Screen(file), file, rank, moves=False) for rank in range(6)]
    colours = {stream.prefix.partition("m")[0] for stream in streams}
    assert len(colours) == 6
