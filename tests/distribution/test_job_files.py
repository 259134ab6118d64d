"""The job files of docs/guides/scale.md start processes that find each other.

A stand-in takes the place of each starter. It gives every process the variables that
the genuine one gives, and starts what the job file says.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import documents
import pytest
import yaml
from fresh import ROOT
from oneiros.models import load_model
from teams import free_port

FILES = documents.files(ROOT / "docs" / "guides" / "scale.md")
OWN = {
    "oneiros": f'exec {sys.executable} -c "from oneiros_cli.main import main; main()"',
    "python": f"exec {sys.executable}",
}
DESCRIBE = """
import json, os, sys
from oneiros_distribution.cluster import cluster_from
sys.stdout.write(json.dumps(vars(cluster_from(os.environ))))
"""
STARTER = f"""#!{sys.executable}
import json, os, re, subprocess, sys
text = " ".join(sys.argv[1:])
command = re.search(r"(?:python )?\\S+\\.py.*", text).group().split()
if command[0] != "python":
    command.insert(0, "python")
given = dict(re.findall(r"-x (\\w+)=(\\S+)", text))
ranks = json.loads(os.environ.pop("RANKS"))
started = [subprocess.Popen(command, env=os.environ | given | own) for own in ranks]
sys.exit(max(process.wait() for process in started))
"""
"""A starter: it starts the script once for each entry of RANKS, which holds the
variables of a process. `mpirun -x` adds a variable for all."""


@pytest.fixture
def job(tmp_path):
    """Runs a job file in a folder with a script, and stand-ins on the PATH; returns
    what processes print."""
    programs = tmp_path / "bin"
    programs.mkdir()
    texts = {name: f'#!/bin/sh\n{text} "$@"\n' for name, text in OWN.items()}
    texts |= dict.fromkeys(("srun", "mpirun", "torchrun"), STARTER)
    for name, text in texts.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)

    def run(name, ranks=(), script=DESCRIBE, **variables):
        (tmp_path / "train.py").write_text(script)
        own = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RANKS": json.dumps(ranks),
            "PYTHONWARNINGS": "ignore",
        }
        done = subprocess.run(
            ["bash", "-c", FILES[name]],
            cwd=tmp_path,
            env=os.environ | own | variables,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def assert_one_cluster(printed, processes, source, coordinator):
    """Each process has a rank of its own, and all know the same address."""
    clusters = [json.loads(text) for text in re.findall(r"\{.*?\}", printed)]
    assert sorted(cluster["rank"] for cluster in clusters) == list(range(processes))
    for cluster in clusters:
        assert (cluster["processes"], cluster["source"]) == (processes, source)
    (address,) = {cluster["coordinator"] for cluster in clusters}
    assert re.fullmatch(coordinator, address)
    return clusters


def test_oneiros_launch(job):
    printed = job("launch.sh")
    assert_one_cluster(printed, 4, "ONEIROS_PROCESSES", r"127\.0\.0\.1:\d+")


def test_by_hand(job):
    printed = job("node1.sh") + job("node2.sh")
    assert_one_cluster(printed, 2, "ONEIROS_PROCESSES", "node1:29400")


def of_srun(rank, nodes, per_node):
    """Returns the variables that SLURM 24.11 sets in a task."""
    node, local = divmod(rank, per_node)
    ranks = range(node * per_node, (node + 1) * per_node)
    return {
        "SLURM_GTIDS": ",".join(map(str, ranks)),
        "SLURM_LOCALID": str(local),
        "SLURM_NODEID": str(node),
        "SLURM_PROCID": str(rank),
        "SLURM_STEP_ID": "0",
        "SLURM_STEP_NODELIST": f"gpu[07-{6 + nodes:02}]",
        "SLURM_STEP_NUM_TASKS": str(nodes * per_node),
    }


def test_slurm(job):
    options = dict(
        re.findall(r"^#SBATCH --([\w-]+)=(\w+)$", FILES["train.sbatch"], re.M)
    )
    nodes, per_node = int(options["nodes"]), int(options["ntasks-per-node"])
    assert options["gpus-per-node"] == options["ntasks-per-node"]
    count = nodes * per_node
    script = {
        "ENVIRONMENT": "BATCH",
        "SLURM_JOB_ID": "3141",
        "SLURM_JOB_NODELIST": "gpu[07-08]",
        "SLURM_NTASKS": str(count),
        "SLURM_PROCID": "0",
        "SLURM_LOCALID": "0",
    }
    ranks = [of_srun(rank, nodes, per_node) for rank in range(count)]
    clusters = assert_one_cluster(
        job("train.sbatch", ranks, **script), count, "SLURM", r"gpu07:2\d{4}"
    )
    assert {cluster["local_processes"] for cluster in clusters} == {per_node}
    assert {cluster["timeout"] for cluster in clusters} == {300}


def of_mpirun(rank, count, per_host):
    """Returns the variables that Open MPI 5.0 sets in a process."""
    return {
        "OMPI_COMM_WORLD_LOCAL_RANK": str(rank % per_host),
        "OMPI_COMM_WORLD_LOCAL_SIZE": str(per_host),
        "OMPI_COMM_WORLD_RANK": str(rank),
        "OMPI_COMM_WORLD_SIZE": str(count),
        "PMIX_NAMESPACE": "prterun-node1-19245@1",
    }


@pytest.mark.parametrize(
    ("name", "count", "address"),
    [("mpi.sh", 4, r"127\.0\.0\.1:2\d{4}"), ("mpi-hosts.sh", 8, "node1:29400")],
)
def test_open_mpi(job, name, count, address):
    assert f"-np {count} " in FILES[name]
    ranks = [of_mpirun(rank, count, 4) for rank in range(count)]
    assert_one_cluster(job(name, ranks), count, "Open MPI", address)


def of_torchrun(rank, count, per_host, host="node1", port=29511):
    """Returns the variables that torchrun 2.6 sets in a process."""
    return {
        "LOCAL_RANK": str(rank % per_host),
        "LOCAL_WORLD_SIZE": str(per_host),
        "MASTER_ADDR": host,
        "MASTER_PORT": str(port),
        "RANK": str(rank),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        "WORLD_SIZE": str(count),
    }


@pytest.mark.parametrize(
    ("name", "hosts"), [("torchrun.sh", 1), ("torchrun-hosts.sh", 2)]
)
def test_torchrun(job, name, hosts):
    per_host = int(re.search(r"--nproc-per-node (\d+)", FILES[name]).group(1))
    count = hosts * per_host
    ranks = [of_torchrun(rank, count, per_host) for rank in range(count)]
    assert_one_cluster(job(name, ranks), count, "torchrun", "node1:29512")


def test_kubernetes(tmp_path):
    service, manifest = yaml.safe_load_all(FILES["train.yaml"])
    spec = manifest["spec"]
    pod = spec["template"]["spec"]
    name, domain = manifest["metadata"]["name"], service["metadata"]["name"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == {"job-name": name}
    assert pod["subdomain"] == domain
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"]
    (container,) = pod["containers"]
    (tmp_path / "train.py").write_text(DESCRIBE)
    given = {entry["name"]: entry["value"] for entry in container["env"]}
    python, *arguments = container["command"]
    assert python == "python"
    printed = ""
    for index in range(spec["completions"]):
        own = {"JOB_COMPLETION_INDEX": str(index), "HOSTNAME": f"{name}-{index}"}
        command = [sys.executable, *arguments]
        environment = os.environ | given | own
        printed += subprocess.check_output(
            command, cwd=tmp_path, env=environment, text=True
        )
    address = rf"{name}-0\.{domain}:\d+"
    assert_one_cluster(printed, spec["completions"], "Kubernetes", address)


def test_two_processes_train_the_script_of_the_page(job, tmp_path):
    port = free_port()
    ranks = [of_torchrun(rank, 2, 2, "127.0.0.1", port) for rank in range(2)]
    printed = job("torchrun.sh", ranks, FILES["train.py"])
    for rank in range(2):
        assert f"Info(processes=2, rank={rank}, devices=2)" in printed
    assert load_model(tmp_path / "model.h5").count_params() == 21 * 64 + 65


@pytest.mark.slow
def test_one_process_divides_a_cpu_as_the_page_says(job):
    printed = job("devices.sh", script=FILES["train.py"])
    assert "Info(processes=1, rank=0, devices=4)" in printed


def test_the_page_shows_no_file_that_is_not_tested():
    folder = Path(__file__).parent
    tests = [Path(__file__), folder / "test_exported_models.py"]
    text = "".join(path.read_text("utf-8") for path in tests)
    tested = re.findall(r'"([\w-]+\.(?:sh|sbatch|yaml|py))"', text)
    assert set(FILES) == set(tested) - {"test_exported_models.py"}
