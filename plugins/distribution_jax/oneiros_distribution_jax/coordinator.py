"""JAX's coordinator as a program: `python -m … address processes parent`.

Its parent, the first process, ends it. If that process is gone, the coordinator
lingers, so that the others can say so before they end.
"""

import os
import sys
import time

from jaxlib import _jax

NEVER = 10**6
SECONDS_TO_END = 10
LINGERING = 15
"""Seconds that it outlives the first process."""


def main() -> None:
    """Runs the coordinator."""
    address, processes, parent = sys.argv[1:]
    _service = _jax.get_distributed_runtime_service(
        address,
        int(processes),
        heartbeat_timeout=NEVER,
        shutdown_timeout=SECONDS_TO_END,
    )
    print("ready", flush=True)
    while os.getppid() == int(parent):
        time.sleep(1)
    time.sleep(LINGERING)
    os._exit(1)


if __name__ == "__main__":
    main()
