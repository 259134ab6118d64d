"""The lock of all variables' values, so that what is read belongs to one moment."""

import threading

LOCK = threading.RLock()
"""Held from reading variables to storing all their new values. Who holds it sees the
variables between two updates; training in other threads waits meanwhile."""
