"""Which processes train together: what starters of programs say in the environment."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from oneiros.errors import SettingsError

from oneiros_distribution.starters import starter_in

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
    timeout = _timeout(environment)
    starter = starter_in(environment)
    if starter is None:
        return Cluster(timeout=timeout)
    if starter.processes() == 1:
        return Cluster(source=starter.name, timeout=timeout)
    return Cluster(
        processes=starter.processes(),
        rank=starter.rank(),
        coordinator=starter.coordinator(),
        local_rank=starter.local_rank(),
        local_processes=starter.local_processes(),
        source=starter.name,
        timeout=timeout,
    )


def _timeout(environment: Mapping[str, str]) -> float:
    text = environment.get(TIMEOUT)
    if not text:
        return DEFAULT_TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise SettingsError(
            f"{TIMEOUT} is {text!r}; expected the seconds to wait for a process that "
            f"is late, above 0. Type, for example: export {TIMEOUT}=300"
        )
    return seconds
