"""Variables, and their inputs."""

from pytensor.graph.basic import Apply, Constant, Variable
from pytensor.graph.traversal import ancestors, graph_inputs, io_toposort

inputs = graph_inputs

__all__ = ["Apply", "Constant", "Variable", "ancestors", "inputs", "io_toposort"]
