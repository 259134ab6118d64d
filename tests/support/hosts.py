"""Hosts: network namespaces, whose links can break. Only root can make them, on Linux;
otherwise all hosts are this machine."""

import os
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from teams import PORT

ARE_REAL = shutil.which("ip") is not None and os.geteuid() == 0
"""Whether each host is a namespace."""
KIND = "hosts" if ARE_REAL else "loopback"
"""What tests show in their names."""
needs_hosts = pytest.mark.skipif(not ARE_REAL, reason="needs root, and ip")
RENAMED = 'hostname "$0"; exec "$@"'
"""A shell's words that begin a command on a host of another name."""


@dataclass
class Host:
    """A host.

    # Properties
        name: str, its name.
        address: str, its address.
        namespace: str, that of its network.
        switch: str, that of the network that connects all.
    """

    name: str
    address: str
    namespace: str
    switch: str

    @property
    def prefix(self) -> list[str]:
        """What comes before a command that runs on this host."""
        renamed = ["unshare", "--uts", "sh", "-c", RENAMED, self.name]
        return ["ip", "netns", "exec", self.namespace, *renamed]

    def know(self, **addresses: str) -> None:
        """Sets the addresses of names, for programs that start from now on."""
        folder = Path("/etc/netns") / self.namespace
        folder.mkdir(parents=True, exist_ok=True)
        lines = [f"{address} {name}\n" for name, address in addresses.items()]
        (folder / "hosts").write_text("".join(["127.0.0.1 localhost\n", *lines]))

    def put_down(self) -> None:
        """Switches its network off."""
        run("-n", self.namespace, "link", "set", "eth0", "down")

    def close_ports(self, other: "Host") -> None:
        """Lets it reach only low ports of another host."""
        ports = ["ipproto", "tcp", "dport", f"{PORT + 1}-65534"]
        run(
            "-n", self.namespace, "rule", "add", "to", other.address, *ports, "prohibit"
        )

    def unplug(self) -> None:
        """Lets everything get lost between it and the others."""
        run("-n", self.switch, "link", "set", self.name_of_port, "nomaster")

    def plug_in(self) -> None:
        """Connects it with the others."""
        run("-n", self.switch, "link", "set", self.name_of_port, "master", "switch")

    @property
    def name_of_port(self) -> str:
        return f"port-{self.address.rpartition('.')[2]}"

    def start(self) -> None:
        """Makes the namespace, and its link to the others."""
        run("netns", "add", self.namespace)
        of_host = ["type", "veth", "peer", "name", "eth0", "netns", self.namespace]
        run("-n", self.switch, "link", "add", self.name_of_port, *of_host)
        run("-n", self.switch, "link", "set", self.name_of_port, "up")
        self.plug_in()
        run("-n", self.namespace, "address", "add", f"{self.address}/24", "dev", "eth0")
        for link in ("lo", "eth0"):
            run("-n", self.namespace, "link", "set", link, "up")

    def remove(self) -> None:
        """Removes what `start` and `know` have made."""
        run("netns", "del", self.namespace)
        shutil.rmtree(Path("/etc/netns") / self.namespace, ignore_errors=True)


class Hosts:
    """Hosts that reach each other.

    # Arguments
        names: list of str, the name of each.
    """

    def __init__(self, names: list[str]):
        self.switch = f"oneiros-{os.getpid()}"
        self.hosts = [
            Host(name, f"10.31.0.{place}", f"{self.switch}-{place}", self.switch)
            for place, name in enumerate(names, start=1)
        ]

    def __enter__(self) -> list[Host]:
        with ExitStack() as cleanup:
            cleanup.callback(run, "netns", "del", self.switch)
            run("netns", "add", self.switch)
            run("-n", self.switch, "link", "add", "switch", "type", "bridge")
            run("-n", self.switch, "link", "set", "switch", "up")
            for host in self.hosts:
                cleanup.callback(host.remove)
                host.start()
            self._cleanup = cleanup.pop_all()
        return self.hosts

    def __exit__(self, *_) -> None:
        self._cleanup.close()


def run(*arguments: str) -> None:
    """Runs `ip`."""
    subprocess.run(["ip", *arguments], check=True)
