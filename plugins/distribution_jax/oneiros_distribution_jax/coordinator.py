"""JAX's coordinator as a program: `python -m … address processes`.

It ends when it reads a word. If its input is closed without one, the process that
started it is gone: it lingers, so that the others can say so before they end.
"""

import sys
import time

from jaxlib import _jax

NEVER = 10**6
SECONDS_TO_END = 10
LINGERING = 15
"""Seconds that it outlives the first process."""


def main() -> None:
    """Runs the coordinator."""
    address, processes = sys.argv[1:]
    service = _jax.get_distributed_runtime_service(
        address,
        int(processes),
        heartbeat_timeout=NEVER,
        shutdown_timeout=SECONDS_TO_END,
    )
    print("ready", flush=True)
    if not sys.stdin.read():
        time.sleep(LINGERING)
    service.shutdown()


if __name__ == "__main__":
    main()
