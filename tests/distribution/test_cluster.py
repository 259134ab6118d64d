"""Processes find each other by what their starters set.

The variables are those that SLURM 24.11, Open MPI 5.0.7 and torchrun 2.6 were seen to
set, as far as they matter.
"""

import pytest
from oneiros.errors import SettingsError
from oneiros_distribution.cluster import Cluster, cluster_from

BY_HAND = {
    "ONEIROS_PROCESSES": "3",
    "ONEIROS_RANK": "2",
    "ONEIROS_COORDINATOR": "node1:29400",
    "ONEIROS_LOCAL_RANK": "1",
    "ONEIROS_LOCAL_PROCESSES": "2",
}
TORCHRUN = {
    "RANK": "2",
    "WORLD_SIZE": "4",
    "MASTER_ADDR": "node1",
    "MASTER_PORT": "29511",
    "LOCAL_RANK": "0",
    "LOCAL_WORLD_SIZE": "2",
    "GROUP_RANK": "1",
    "TORCHELASTIC_USE_AGENT_STORE": "True",
}
MPIRUN = {
    "OMPI_COMM_WORLD_RANK": "1",
    "OMPI_COMM_WORLD_SIZE": "2",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
    "PMIX_NAMESPACE": "prterun-node1-19245@1",
}
BATCH_SCRIPT = {
    "ENVIRONMENT": "BATCH",
    "SLURM_GTIDS": "0",
    "SLURM_JOB_ID": "3",
    "SLURM_JOB_NODELIST": "node[01-02]",
    "SLURM_LOCALID": "0",
    "SLURM_NODEID": "0",
    "SLURM_NTASKS": "3",
    "SLURM_PROCID": "0",
    "SLURM_TASKS_PER_NODE": "2,1",
}
SRUN = {
    **BATCH_SCRIPT,
    "SLURM_GTIDS": "0,1",
    "SLURM_LOCALID": "1",
    "SLURM_PROCID": "1",
    "SLURM_STEP_ID": "0",
    "SLURM_STEP_NODELIST": "node[01-02]",
    "SLURM_STEP_NUM_TASKS": "3",
}
SHELL_OF_SALLOC = {
    "SLURM_GTIDS": "0",
    "SLURM_JOB_ID": "5",
    "SLURM_JOB_NODELIST": "node[01-02]",
    "SLURM_LOCALID": "0",
    "SLURM_NTASKS": "3",
    "SLURM_PROCID": "0",
    "SLURM_STEP_ID": "4294967290",
    "SLURM_STEP_NODELIST": "node01",
    "SLURM_STEP_NUM_TASKS": "1",
}
SHELL_OF_OLDER_SALLOC = {
    "SLURM_JOB_ID": "4",
    "SLURM_JOB_NODELIST": "node[01-02]",
    "SLURM_NTASKS": "3",
}
POD = {
    "JOB_COMPLETION_INDEX": "3",
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "ONEIROS_PROCESSES": "4",
    "ONEIROS_COORDINATOR": "train-0.train:29400",
}


def where(cluster):
    """Returns what places a process in its cluster, and that on its host."""
    return (
        f"{cluster.rank} of {cluster.processes}",
        f"{cluster.local_rank} of {cluster.local_processes}",
        cluster.source,
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (BY_HAND, ("2 of 3", "1 of 2", "ONEIROS_PROCESSES")),
        (TORCHRUN, ("2 of 4", "0 of 2", "torchrun")),
        (MPIRUN, ("1 of 2", "1 of 2", "Open MPI")),
        (SRUN, ("1 of 3", "1 of 2", "SLURM")),
        (POD, ("3 of 4", "0 of 1", "Kubernetes")),
    ],
    ids=["by hand", "torchrun", "mpirun", "srun", "Kubernetes"],
)
def test_each_starter_is_understood(environment, expected):
    assert where(cluster_from(environment)) == expected


@pytest.mark.parametrize(
    "environment",
    [
        {},
        BATCH_SCRIPT,
        SHELL_OF_SALLOC,
        SHELL_OF_OLDER_SALLOC,
        SRUN | {"ONEIROS_PROCESSES": "1"},
        {"ONEIROS_COORDINATOR": "node1:29400"},
        {"RANK": "0", "WORLD_SIZE": "1"},
    ],
    ids=[
        "nothing",
        "script of sbatch",
        "shell of salloc",
        "older shell of salloc",
        "told to be alone",
        "only an address",
        "a single process",
    ],
)
def test_a_process_that_nobody_else_joins_is_alone(environment):
    cluster = cluster_from(environment)
    assert (cluster.processes, cluster.rank, cluster.coordinator) == (1, 0, "")


def test_variables_set_by_hand_win():
    everything = MPIRUN | SRUN | TORCHRUN | POD
    assert cluster_from(everything | BY_HAND) == cluster_from(BY_HAND)
    assert cluster_from(MPIRUN | SRUN | TORCHRUN).source == "torchrun"
    assert cluster_from(MPIRUN | SRUN).source == "Open MPI"


@pytest.mark.parametrize("starter", [TORCHRUN, MPIRUN, SRUN, POD])
def test_an_address_given_by_hand_wins(starter):
    cluster = cluster_from(starter | {"ONEIROS_COORDINATOR": "other:1234"})
    assert cluster.coordinator == "other:1234"


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("node[01-03,7],gpu1", "node01"),
        ("node[7,01-03]", "node7"),
        ("gpu1,node[01-03]", "gpu1"),
        ("gpu-1.example", "gpu-1.example"),
        ("rack[2-3]n[10-12]-ib,x", "rack2n10-ib"),
    ],
)
def test_the_first_host_of_slurm_is_found(nodes, first):
    address = cluster_from(SRUN | {"SLURM_STEP_NODELIST": nodes}).coordinator
    assert address.rpartition(":")[0] == first


def test_slurm_without_a_list_for_the_step_has_one_for_the_job():
    step = {**SRUN, "SLURM_STEP_NODELIST": "", "SLURM_JOB_NODELIST": "a,b"}
    assert cluster_from(step).coordinator.startswith("a:")


def test_processes_agree_on_a_port_and_jobs_have_different_ones():
    addresses = {
        cluster_from(SRUN | {"SLURM_PROCID": str(i)}).coordinator for i in "012"
    }
    assert len(addresses) == 1
    jobs = [SRUN, SRUN | {"SLURM_JOB_ID": "4"}, SRUN | {"SLURM_STEP_ID": "1"}]
    assert len({cluster_from(job).coordinator for job in jobs}) == 3
    others = [MPIRUN, MPIRUN | {"PMIX_NAMESPACE": "prterun-node1-19246@1"}]
    assert len({cluster_from(other).coordinator for other in others}) == 2


def test_torchrun_keeps_its_port_for_itself():
    assert cluster_from(TORCHRUN).coordinator == "node1:29512"
    without = {**TORCHRUN, "TORCHELASTIC_USE_AGENT_STORE": ""}
    assert cluster_from(without).coordinator == "node1:29511"


def test_mpirun_on_one_host_needs_no_address():
    assert cluster_from(MPIRUN).coordinator.startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ONEIROS_PROCESSES": "2"}, "ONEIROS_RANK isn't set; .* from 0 to 1"),
        ({"ONEIROS_RANK": "0"}, "ONEIROS_PROCESSES isn't set"),
        (BY_HAND | {"ONEIROS_RANK": "3"}, "ONEIROS_RANK is '3'; .* from 0 to 2"),
        (BY_HAND | {"ONEIROS_PROCESSES": "0"}, "ONEIROS_PROCESSES is '0'; .* from 1"),
        (BY_HAND | {"ONEIROS_COORDINATOR": ""}, "ONEIROS_COORDINATOR isn't set"),
        (BY_HAND | {"ONEIROS_COORDINATOR": "node1"}, "'node1'; .*node1:29400"),
        (BY_HAND | {"ONEIROS_COORDINATOR": "a:99999"}, "ONEIROS_COORDINATOR is"),
        (
            BY_HAND | {"ONEIROS_LOCAL_PROCESSES": "1"},
            "LOCAL_PROCESSES is '1'; .* from 2",
        ),
        ({"WORLD_SIZE": "2"}, "RANK isn't set; .*torchrun --nproc-per-node"),
        (TORCHRUN | {"RANK": "two"}, "RANK is 'two'"),
        (TORCHRUN | {"MASTER_ADDR": ""}, "MASTER_ADDR isn't set"),
        (TORCHRUN | {"MASTER_PORT": ""}, "MASTER_PORT isn't set"),
        (
            MPIRUN | {"OMPI_COMM_WORLD_SIZE": "4"},
            "ONEIROS_COORDINATOR isn't set; .*mpirun .* -x ONEIROS_COORDINATOR=",
        ),
        (
            {"SLURM_PROCID": "1", "SLURM_NTASKS": "2"},
            "SLURM_STEP_NODELIST isn't set; .*srun --ntasks",
        ),
        ({"SLURM_PROCID": "1"}, "SLURM_NTASKS isn't set"),
        (POD | {"ONEIROS_PROCESSES": ""}, "ONEIROS_PROCESSES isn't set; .*manifest"),
        (
            POD | {"ONEIROS_COORDINATOR": ""},
            "ONEIROS_COORDINATOR isn't set; .*manifest",
        ),
        (POD | {"ONEIROS_PROCESSES": "3"}, "JOB_COMPLETION_INDEX is '3'; .* 0 to 2"),
        ({"ONEIROS_DISTRIBUTION_TIMEOUT": "soon"}, "TIMEOUT is 'soon'; .*seconds"),
        ({"ONEIROS_DISTRIBUTION_TIMEOUT": "0"}, "TIMEOUT is '0'"),
        ({"ONEIROS_DISTRIBUTION_TIMEOUT": "inf"}, "TIMEOUT is 'inf'"),
    ],
)
def test_a_wrong_or_missing_variable_is_named_with_what_to_type(environment, said):
    with pytest.raises(SettingsError, match=said):
        cluster_from(environment)


def test_the_time_to_wait_is_read():
    assert cluster_from({"ONEIROS_DISTRIBUTION_TIMEOUT": "300"}) == Cluster(timeout=300)
