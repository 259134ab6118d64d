"""How steps are computed: operation by operation, or compiled.

The program that Oneiros recorded runs through Python at each step. With `"graph"` it
does so once for inputs of the same shapes, and PyTorch notes its operations; the steps
run those. With `"compile"`, `torch.compile` makes machine code of them, which takes
seconds to minutes, and a C++ compiler.
"""

import os
from collections.abc import Callable

from oneiros.arguments import check_choice
from oneiros.typing import Tensors
from oneiros.user_warnings import warn
from oneiros_backend_toolkit.lazy_graph.program import Program

from torch_for_oneiros.recurrence import KERNELS
from torch_for_oneiros.torch_import import torch

VARIABLE = "ONEIROS_TORCH_COMPILE"
CHOICES = ("off", "graph", "compile")
Computation = Callable[[Tensors, Tensors, int], Tensors]
"""A function of inputs, the values of variables and the step's number that returns the
outputs and then the new values."""


def chosen(torch_compile: str | None) -> str:
    """Returns an argument of `K.function`, or what the environment says without it."""
    value = torch_compile or os.environ.get(VARIABLE) or "off"
    return check_choice("K.function", f"torch_compile ({VARIABLE})", value, CHOICES)


def computation(program: Program, phase: int) -> Computation:
    """Returns what computes a step of a program in a learning phase."""

    def compute(feeds: Tensors, state: Tensors, counter) -> Tensors:
        outputs, new = program(feeds, state, phase, counter)
        return [*outputs, *new]

    choice = program.options["torch_compile"]
    if choice == "off":
        return compute
    return _Compiled(compute, by_inductor=choice == "compile")


class _Compiled:
    """A computation that is compiled when it is first called.

    # Arguments
        compute: the Computation.
        by_inductor: whether machine code is made.
    """

    def __init__(self, compute: Computation, by_inductor: bool):
        self._compute = compute
        self._by_inductor = by_inductor
        self._run: Computation | None = None

    def __call__(self, feeds: Tensors, state: Tensors, counter: int) -> Tensors:
        if self._run is None:
            self._run = self._compiled(feeds, state, counter)
        number = torch.tensor(counter)
        return self._run(feeds, state, number)

    def _compiled(self, feeds: Tensors, state: Tensors, counter: int) -> Computation:
        from torch.fx.experimental.proxy_tensor import make_fx

        number = torch.tensor(counter)
        arguments = (feeds, state, number)
        trace = make_fx(self._compute, tracing_mode="fake", _allow_non_fake_inputs=True)
        try:
            with KERNELS.left_out():
                graph = trace(*arguments)
            graph.graph.eliminate_dead_code()
            graph.recompile()
            run = graph
            if self._by_inductor:
                run = torch.compile(graph)
            run(*arguments)
        except Exception as error:
            # Computed as it stands, it works, or says what is wrong
            self._compute(feeds, state, counter)
            lines = iter(str(error).splitlines())
            reason = next(lines, repr(error))
            warn(
                f"PyTorch can't compile a function, which runs operation by operation "
                f"instead: {reason:.200} ({VARIABLE}=off says nothing.)"
            )
            return self._compute
        return run
