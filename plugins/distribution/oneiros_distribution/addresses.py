"""Names of hosts that mean something else on another host."""

import ipaddress
import socket

LOCAL = ("localhost", "127.", "::1")
"""How names and addresses begin that are meant for one host alone."""


def address_of(host: str) -> str:
    """Returns the address that a name has here; empty if it has none."""
    try:
        return socket.gethostbyname(host)
    except OSError:
        return ""


def hint(host: str, address: str) -> str:
    """Returns a sentence if a name has an address that only its own host reaches, as
    some systems give to their own names; empty otherwise.

    # Arguments
        host: str, a name or an address.
        address: str, its address.
    """
    if not address or host.startswith(LOCAL):
        return ""
    if not ipaddress.ip_address(address).is_loopback:
        return ""
    return (
        f" Here, {host} is {address}, at which no other host is reached: correct "
        "/etc/hosts, or pass the address of the first process's host in the network."
    )
