"""Which processes train together: what starters of programs say in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

TIMEOUT = "ONEIROS_DISTRIBUTION_TIMEOUT"
"""Environment variable: the seconds to wait for a process that is late."""
DEFAULT_TIMEOUT = 25.0


@dataclass(frozen=True)
class Cluster:
    """The processes that train together, as one of them sees them.

    # Properties
        processes: int, how many there are.
        rank: int, the number of this one, from 0.
        coordinator: str, `"host:port"` at which the first process waits for the others;
            empty for a single process.
        local_rank: int, the number of this process among those of its host, from 0.
        local_processes: int, how many of the processes run on this host.
        source: str, who said so, such as `"SLURM"`, for messages.
        timeout: float, the seconds to wait for a process that is late.
    """

    processes: int = 1
    rank: int = 0
    coordinator: str = ""
    local_rank: int = 0
    local_processes: int = 1
    source: str = ""
    timeout: float = DEFAULT_TIMEOUT


def cluster_from(environment: Mapping[str, str]) -> Cluster:
    """Returns the cluster that environment variables describe; a single process without
    any.

    # Raises
        SettingsError: if a variable is missing or wrong.
    """
    if "ONEIROS_PROCESSES" not in environment:
        return Cluster()
    return Cluster(
        processes=int(environment["ONEIROS_PROCESSES"]),
        rank=int(environment["ONEIROS_RANK"]),
        coordinator=environment["ONEIROS_COORDINATOR"],
        timeout=float(environment.get(TIMEOUT, DEFAULT_TIMEOUT)),
    )
