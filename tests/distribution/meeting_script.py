"""A script whose processes join, and do what their arguments say; without an engine.

    python meeting_script.py word…

A word is a place to go to, or one of `WORDS`.
"""

import ctypes
import os
import sys
import threading
import time

from oneiros.errors import DistributionError
from oneiros_distribution import channel, hub
from oneiros_distribution.messages import SILENCE
from oneiros_distribution.team import join


def fail():
    raise ZeroDivisionError("nothing to divide by")


def differ():
    team.meet("a comparison", digest=str(os.getpid()))


def hold_the_lock():
    """Computes, and lets no other thread run Python code for longer than hosts may be
    silent; the others have last heard that it computes."""
    with team.together("a computation"):
        time.sleep(hub.BEATS + 0.5)
    ctypes.PyDLL(None).sleep(SILENCE + 5)


def start_thread():
    """Starts one that Python waits for."""
    threading.Thread(target=threading.Event().wait).start()


def ignore():
    """Goes on when all should end."""
    try:
        team.meet("a place where nobody comes")
    except DistributionError:
        time.sleep(60)


def fork():
    """Starts a copy of this process, which outlives it."""
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)


WORDS = {
    "sleep": lambda: time.sleep(60),
    "raise": fail,
    "exit": lambda: sys.exit(3),
    "differ": differ,
    "lock": hold_the_lock,
    "thread": start_thread,
    "ignore": ignore,
    "fork": fork,
    "impatient": lambda: None,
}
if "impatient" in sys.argv:
    hub.PATIENCE = channel.PATIENCE = 3
team = join()
print("joined", flush=True)
for word in sys.argv[1:]:
    if word in WORDS:
        WORDS[word]()
    else:
        team.meet(word)
print("fine")
