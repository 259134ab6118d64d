"""What starts several processes, and what each of them finds in its environment."""

import re
import zlib
from collections.abc import Mapping
from typing import ClassVar

from oneiros.errors import SettingsError

PROCESSES = "ONEIROS_PROCESSES"
RANK = "ONEIROS_RANK"
COORDINATOR = "ONEIROS_COORDINATOR"
LOCAL_RANK = "ONEIROS_LOCAL_RANK"
LOCAL_PROCESSES = "ONEIROS_LOCAL_PROCESSES"

MANY = 1_000_000
"""More than there are processes on earth that train one model."""
LOWEST_PORT = 20_000
PORTS = 10_000
"""How many there are to choose from; systems give higher ones to connections."""
HIGHEST_PORT = 65_535
FIRST_OF_LIST = re.compile(r"(?:[^,\[]|\[[^]]*\])+")
"""The first entry of a list such as `node[01-03,7],gpu1`."""
RANGES = re.compile(r"\[(\w+)[^]]*\]")


class Starter:
    """What a starter says of the processes. The methods raise SettingsError if a
    variable is missing or wrong.

    # Arguments
        environment: the environment variables of one process.

    # Properties
        name: str, what messages call the starter.
        remedy: str, a sentence that says how to start a program.
    """

    name: ClassVar[str]
    remedy: ClassVar[str]
    rank_variable: ClassVar[str]
    processes_variable: ClassVar[str]
    local_rank_variable: ClassVar[str]
    local_processes_variable: ClassVar[str]

    def __init__(self, environment: Mapping[str, str]):
        self.environment = environment

    @classmethod
    def is_in(cls, environment: Mapping[str, str]) -> bool:
        """Returns whether it has started the process with this environment."""
        return bool(environment.get(cls.rank_variable))

    def processes(self) -> int:
        """Returns how many processes there are."""
        return self._number(self.processes_variable, least=1)

    def rank(self) -> int:
        """Returns the number of this process."""
        last = self.processes() - 1
        return self._number(self.rank_variable, least=0, most=last)

    def local_rank(self) -> int:
        """Returns the number of this process on its host."""
        if not self._get(self.local_rank_variable):
            return 0
        return self._number(self.local_rank_variable, least=0)

    def local_processes(self) -> int:
        """Returns how many processes run on this host."""
        least = self.local_rank() + 1
        if not self._get(self.local_processes_variable):
            return least
        return self._number(self.local_processes_variable, least)

    def coordinator(self) -> str:
        """Returns the address of the first process, as `"host:port"`."""
        address = self._get(COORDINATOR)
        if not address:
            return self._address()
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal() or int(port) > HIGHEST_PORT:
            raise self._no_coordinator()
        return address

    def _address(self) -> str:
        """Returns the first process's address by the starter's own variables."""
        raise self._no_coordinator()

    def _no_coordinator(self) -> SettingsError:
        expected = "host and port of the first process, such as node1:29400"
        return self._wrong(COORDINATOR, expected)

    def _get(self, name: str) -> str:
        return self.environment.get(name, "")

    def _number(self, name: str, least: int, most: int = MANY) -> int:
        text = self._get(name)
        if text.isdecimal() and least <= int(text) <= most:
            return int(text)
        expected = f"a whole number from {least}"
        if most < MANY:
            expected += f" to {most}"
        raise self._wrong(name, expected)

    def _wrong(self, name: str, expected: str) -> SettingsError:
        text = self._get(name)
        received = f"is {text!r}" if text else "isn't set"
        return SettingsError(f"{name} {received}; expected {expected}. {self.remedy}")


class ByHand(Starter):
    """`oneiros launch`, or somebody at a terminal."""

    name = "ONEIROS_PROCESSES"
    remedy = (
        "Two processes started by hand need, each on its host: ONEIROS_PROCESSES=2 "
        "ONEIROS_RANK=0 ONEIROS_COORDINATOR=node1:29400 python script.py, and the same "
        "with ONEIROS_RANK=1. On one machine, type: oneiros launch --processes 2 "
        "script.py. For a single process, unset the variables."
    )
    rank_variable = RANK
    processes_variable = PROCESSES
    local_rank_variable = LOCAL_RANK
    local_processes_variable = LOCAL_PROCESSES

    @classmethod
    def is_in(cls, environment: Mapping[str, str]) -> bool:
        """Returns whether the rank comes from no other starter."""
        if Kubernetes.is_in(environment) and not environment.get(RANK):
            return False
        return bool(environment.get(RANK) or environment.get(PROCESSES))


class Torchrun(Starter):
    """PyTorch's starter, and others that set the same variables."""

    name = "torchrun"
    remedy = (
        "torchrun sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT; type: torchrun "
        "--nproc-per-node 4 script.py. For a single process, unset RANK and "
        "WORLD_SIZE."
    )
    rank_variable = "RANK"
    processes_variable = "WORLD_SIZE"
    local_rank_variable = "LOCAL_RANK"
    local_processes_variable = "LOCAL_WORLD_SIZE"

    @classmethod
    def is_in(cls, environment: Mapping[str, str]) -> bool:
        """Returns whether a rank is there, or should be."""
        return bool(environment.get("RANK") or environment.get("WORLD_SIZE"))

    def _address(self) -> str:
        if not self._get("MASTER_ADDR"):
            raise self._wrong("MASTER_ADDR", "the first process's host")
        port = self._number("MASTER_PORT", 1, HIGHEST_PORT)
        # There torchrun itself waits, on the first host.
        if self._get("TORCHELASTIC_USE_AGENT_STORE") == "True":
            port += 1
        return f"{self._get('MASTER_ADDR')}:{port}"


class OpenMPI(Starter):
    """mpirun, which tells processes the address of its own daemons only."""

    name = "Open MPI"
    remedy = (
        "mpirun tells on which hosts processes run only if that is one host. Otherwise "
        "begin its list of hosts with the one whose name is in ONEIROS_COORDINATOR: "
        "mpirun -host node1,node2 -x ONEIROS_COORDINATOR=node1:29400 python script.py"
    )
    rank_variable = "OMPI_COMM_WORLD_RANK"
    processes_variable = "OMPI_COMM_WORLD_SIZE"
    local_rank_variable = "OMPI_COMM_WORLD_LOCAL_RANK"
    local_processes_variable = "OMPI_COMM_WORLD_LOCAL_SIZE"

    def _address(self) -> str:
        if self.local_processes() < self.processes():
            raise self._no_coordinator()
        return f"127.0.0.1:{_port_of(self._get('PMIX_NAMESPACE'))}"


class Slurm(Starter):
    """srun. A batch script outside of it is a single process."""

    name = "SLURM"
    remedy = (
        "srun sets SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID and SLURM_STEP_NODELIST; "
        "type: srun --ntasks 4 python script.py. For a single process: "
        "ONEIROS_PROCESSES=1 python script.py"
    )
    rank_variable = "SLURM_PROCID"
    processes_variable = "SLURM_NTASKS"
    local_rank_variable = "SLURM_LOCALID"

    @classmethod
    def is_in(cls, environment: Mapping[str, str]) -> bool:
        """Returns whether srun has started the process: in a batch script, sbatch
        itself sets SLURM_PROCID, too."""
        is_batch_script = environment.get("ENVIRONMENT") == "BATCH"
        if is_batch_script and not environment.get("SLURM_STEP_ID"):
            return False
        return super().is_in(environment)

    def processes(self) -> int:
        """Returns how many tasks the step has. In the shell of salloc, SLURM_NTASKS
        counts those that srun could start."""
        if self._get("SLURM_STEP_NUM_TASKS"):
            return self._number("SLURM_STEP_NUM_TASKS", least=1)
        return super().processes()

    def local_processes(self) -> int:
        """Returns the number of ranks listed for this host."""
        ranks = self._get("SLURM_GTIDS").split(",")
        return max(len(ranks), self.local_rank() + 1)

    def _address(self) -> str:
        nodes = self._get("SLURM_STEP_NODELIST") or self._get("SLURM_JOB_NODELIST")
        first = FIRST_OF_LIST.match(nodes)
        if first is None:
            raise self._wrong("SLURM_STEP_NODELIST", "hosts, such as node[01-03],gpu1")
        host = RANGES.sub(r"\1", first.group())
        step = f"{self._get('SLURM_JOB_ID')}.{self._get('SLURM_STEP_ID')}"
        return f"{host}:{_port_of(step)}"


class Kubernetes(Starter):
    """An indexed job: the manifest sets what Kubernetes doesn't tell its containers."""

    name = "Kubernetes"
    remedy = (
        "Kubernetes sets JOB_COMPLETION_INDEX in an indexed job, and tells containers "
        "neither how many there are nor where the first one runs. Set under env in the "
        'manifest: {name: ONEIROS_PROCESSES, value: "4"} and {name: '
        "ONEIROS_COORDINATOR, value: train-0.train:29400}, for a job and a headless "
        'service named train. If each trains alone, ONEIROS_PROCESSES is "1".'
    )
    rank_variable = "JOB_COMPLETION_INDEX"
    processes_variable = PROCESSES
    local_rank_variable = LOCAL_RANK
    local_processes_variable = LOCAL_PROCESSES


STARTERS = (ByHand, Torchrun, OpenMPI, Slurm, Kubernetes)


def starter_in(environment: Mapping[str, str]) -> Starter | None:
    """Returns what has started the process with this environment; None if it is
    alone."""
    for kind in STARTERS:
        if kind.is_in(environment):
            return kind(environment)
    return None


def _port_of(job: str) -> int:
    """Returns a port that is the same for all processes of a job, and probably not for
    those of another one."""
    return LOWEST_PORT + zlib.crc32(job.encode()) % PORTS
