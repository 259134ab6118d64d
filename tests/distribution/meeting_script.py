"""A script whose processes join, and do what their arguments say; without an engine.

    python meeting_script.py word…

A word is a place to go to, `sleep`, `raise`, `exit`, `differ`, which goes to a place
with a digest of its own, or `impatient`, for which silent processes are soon gone.
"""

import os
import sys
import time

from oneiros_distribution import channel, hub
from oneiros_distribution.team import join

if "impatient" in sys.argv:
    hub.SILENCE = channel.SILENCE = 3
team = join()
print("joined", flush=True)
for word in sys.argv[1:]:
    if word == "sleep":
        time.sleep(60)
    elif word == "impatient":
        continue
    elif word == "raise":
        raise ZeroDivisionError("nothing to divide by")
    elif word == "exit":
        sys.exit(3)
    elif word == "differ":
        team.meet("a comparison", digest=str(os.getpid()))
    else:
        team.meet(word)
print("fine")
