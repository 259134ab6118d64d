"""Attacks: what they are, the files they are made of, and the child process that runs
them under limits.

An attack is a generator function in one of the modules `tests/hostile/attacks_*.py`. It
builds hostile files in a folder and yields `(what, action)` or `(what, action, expected
errors)`. The child calls each action and notes how it ended, what it cost, and what
else it did.
"""

import contextlib
import cProfile
import dataclasses
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import threading
from pathlib import Path

MODULES = (
    "attacks_code",
    "attacks_disclosure",
    "attacks_writing",
    "attacks_exhaustion",
    "attacks_confusion",
)
CALLS = 10_000_000
"""How many calls of functions, Python's and C's, an action may make."""
MIB = 100
"""By how much it may raise the resident memory."""
WATCHDOG = 60
"""Seconds of computing after which an action counts as hanging, and is ended."""
ADDRESS_SPACE = 3 << 30
"""What the child may map beyond what it has when it starts: an unbounded allocation
fails."""


@dataclasses.dataclass(frozen=True)
class Attack:
    """A case of the list.

    # Properties
        number: int, its number in the list.
        name: str.
        build: generator function of a folder.
        refusal: names of the errors that are the right answer.
        loads: whether it isn't an attack after all, and has to work.
        writes: whether its actions save files.
    """

    number: int
    name: str
    build: object
    refusal: tuple
    loads: bool = False
    writes: bool = False


ATTACKS = []


def attack(number, *refusal):
    """Decorator: registers a generator function as an attack, refused with
    UnsafeFileError by default."""

    def register(build):
        ATTACKS.append(
            Attack(number, build.__name__, build, refusal or ("UnsafeFileError",))
        )
        return build

    return register


def harmless(build):
    """Decorator: registers a generator function whose actions have to succeed, as
    quietly as refusals."""
    ATTACKS.append(Attack(0, build.__name__, build, (), True))
    return build


def harmless_writer(build):
    """Decorator: registers a generator function whose actions have to succeed, and may
    write."""
    ATTACKS.append(Attack(0, build.__name__, build, (), True, True))
    return build


def attacks():
    """Imports the modules and returns all attacks."""
    for module in MODULES:
        importlib.import_module(module)
    return ATTACKS


class Hanging(BaseException):
    """The watchdog ended an action."""


class Watch:
    """What code does beside its work, seen by an audit hook that can't be removed.

    Only events are kept that loading a model file has no reason for; imports are
    Python's own doing.
    """

    ALWAYS = (
        "socket.",
        "subprocess.",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.fork",
        "os.spawn",
        "urllib.",
        "http.",
        "ftplib.",
        "webbrowser.",
        "ctypes.dlopen",
        "os.remove",
        "os.rename",
        "os.symlink",
        "os.link",
        "os.chmod",
        "code.__new__",
        "pty.",
        "pickle.find_class",
    )
    IN_IMPORTS = ("exec", "marshal.loads")

    def __init__(self):
        self.seen = []
        self.folder = None
        sys.addaudithook(self._note)

    def _note(self, event, arguments):
        if (
            self.folder is None
            or threading.current_thread() is not threading.main_thread()
        ):
            return
        if event == "open":
            path, mode, flags = arguments
            writes = bool(
                isinstance(flags, int)
                and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            )
            if writes or "secret" in str(path):
                self._keep(event, path, mode)
        elif event == "import" and str(arguments[0]).partition(".")[0] in (
            "evil",
            "oneirosevil",
        ):
            self._keep(event, arguments[0])
        elif event.startswith(self.ALWAYS) or (
            event in self.IN_IMPORTS and not _importing()
        ):
            self._keep(event, *arguments)

    def _keep(self, event, *arguments):
        draft = ".oneiros-" in str(arguments[0]) or (
            event == "os.remove" and arguments[1] != -1
        )  # what becomes a file when it is complete, or vanishes
        if not draft:
            self.seen.append(f"{event} {arguments!r:.200}")

    @contextlib.contextmanager
    def watching(self, folder):
        """Watches a block of code."""
        self.seen = []
        self.folder = folder
        try:
            yield
        finally:
            self.folder = None


def _importing():
    frame = sys._getframe(2)
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        if (
            frame.f_code.co_filename in (__file__,)
            and frame.f_code.co_name == "run_action"
        ):
            return False
        frame = frame.f_back
    return False


def peak_kib():
    """Returns the highest resident memory since `forget_peak`, in KiB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(
        next(
            line for line in status.read_text().splitlines() if line.startswith("VmHWM")
        ).split()[1]
    )


def forget_peak():
    """Makes the peak what is resident now, where the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def limit_address_space(more):
    """Lets this process map `more` bytes beyond what it has mapped."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        mapped = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + more, resource.RLIM_INFINITY))


def tree(folder):
    """Returns all that is in a folder.

    Paths, and what tells whether a file was written since.
    """
    entries = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        entries[str(path.relative_to(folder))] = (
            status.st_ino,
            status.st_mode,
            status.st_size,
            status.st_mtime_ns,
        )
    return entries


def run_action(action, folder, watch):
    """Calls an action under the limits and returns how it went, as plain data."""
    before = tree(folder)
    threads = threading.active_count()
    forget_peak()
    start = peak_kib()
    calls = cProfile.Profile()
    signal.signal(signal.SIGPROF, _end_hanging)
    signal.setitimer(signal.ITIMER_PROF, WATCHDOG, 0.1)
    result = {"error": None, "bases": [], "message": ""}
    try:
        with watch.watching(folder), calls:
            action()
    except BaseException as error:
        result = {
            "error": type(error).__name__,
            "bases": [base.__name__ for base in type(error).__mro__],
            "message": str(error)[:2000],
        }
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    result.update(
        calls=sum(entry.callcount for entry in calls.getstats()),
        mib=(peak_kib() - start) // 1024,
        changed=sorted(set(before.items()) ^ set(tree(folder).items()))
        and "the folder changed",
        threads=threading.active_count() - threads,
        events=watch.seen,
    )
    return result


def _end_hanging(*_):
    raise Hanging(f"more than {WATCHDOG} seconds of computing")


def main(module):
    """Runs all attacks of a module; prints a line of JSON for each action.

    On JAX, which starts soon and records a layer soonest: no attack gets as far as
    computing.
    """
    from oneiros import backend as K
    from oneiros.models import load_model, model_from_json, model_from_yaml

    importlib.import_module(module)
    K.set_backend("jax")
    golden = Path(__file__).parents[1] / "golden" / "models"
    for name in (
        "seq_merge_two_branches",
        "seq_timedistributed_cnn_lstm",
        "seq_conv_zoo_tf",
        "seq_stacked_gru",
    ):
        load_model(golden / f"{name}.h5")
        (
            model_from_json((golden / f"{name}.json").read_text()),
            model_from_yaml((golden / f"{name}.yaml").read_text()),
        )
    limit_address_space(ADDRESS_SPACE)
    sys.dont_write_bytecode = True  # of what is imported first by an action
    watch = Watch()
    for case in ATTACKS:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            Path(folder, "secret.txt").write_text("top secret")
            Path(folder, "evil.py").write_text("open('canary', 'w').close()")
            sys.path.insert(0, folder)
            for what, action, *expected in case.build(Path(folder)):
                result = run_action(action, Path(folder), watch)
                print(
                    json.dumps(
                        {
                            "name": case.name,
                            "what": what,
                            "expected": expected,
                            **result,
                        }
                    ),
                    flush=True,
                )
            sys.path.remove(folder)
            os.chdir("/")


if __name__ == "__main__":
    sys.modules["hostile"] = sys.modules["__main__"]
    main(sys.argv[1])
