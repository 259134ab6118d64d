"""`K.function` on PyTensor: compiled by JAX, or by any other linker that PyTensor
has."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from oneiros.backend.contract import draw_seed
from oneiros.errors import ArgumentError, CapabilityError, DataError
from oneiros_backend_toolkit.batches import compiled_steps, padded_index, rows_of
from oneiros_backend_toolkit.devices import Device, requested
from oneiros_backend_toolkit.feeds import Upload
from oneiros_backend_toolkit.function import Function
from oneiros_backend_toolkit.interrupts import kept_interrupts
from oneiros_jax_support.calls import LOCK, store
from oneiros_jax_support.cpu import convolution_options
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph.basic import Constant
from pytensor.graph.traversal import ancestors, apply_ancestors

from oneiros_backend_theano.draw import STEP, STREAM, Draw
from oneiros_backend_theano.loops import draws_in

NO_DRAWS = np.zeros(2, np.uint32)
"""The counters of a graph without random draws."""


class GraphFunction(Function):
    """What all linkers share: the variables that a graph reads and writes, the counters
    of its draws."""

    def __init__(self, backend: Any, inputs: Any, outputs: Any, updates: Any) -> None:
        super().__init__(backend, inputs, outputs, updates)
        self.outputs = [backend.tensor(x) for x in self.outputs]
        new = {
            variable: self._new_value(variable, value)
            for variable, value in self.updates
        }
        self.updated, self.results = list(new), [*new.values(), *self.outputs]
        roots = self._roots()
        self.random = bool({STREAM, STEP} & set(roots))
        self.read = [x for x in roots if x not in (*self.updated, STREAM, STEP)]
        self._calls, self._base = 0, draw_seed() if self.random else 0

    def _new_value(self, variable: Any, value: Any) -> Any:
        if not isinstance(variable, SharedVariable):
            raise ArgumentError(
                f"Only variables can be updated; {variable} is none. K.variable makes one."
            )
        value = self.backend.tensor(value)
        if value.ndim != variable.ndim:
            raise ArgumentError(
                f"The update of {variable.name!r} gives a tensor of rank {value.ndim}; it has shape "
                f"{variable.type.shape}."
            )
        return value.astype(variable.dtype)

    def _roots(self) -> list[Any]:
        """Returns the shared variables that the graph needs, once each, in a fixed
        order."""
        phase = self.backend.learning_phase_placeholder()
        fed = [*self.placeholders, *([phase] if self.phase_index is not None else [])]
        needed = [
            x
            for x in ancestors(self.results, blockers=fed)
            if x.owner is None and x not in fed and not isinstance(x, Constant)
        ]
        for x in needed:
            if x is phase:
                raise ArgumentError(
                    "The function's outputs depend on the learning phase, which is not among its inputs. "
                    "Write K.function(inputs + [K.learning_phase()], …) and pass 0 (test) or 1 (train)."
                )
            if not isinstance(x, SharedVariable):
                raise ArgumentError(
                    f"The function's outputs depend on the placeholder {x.name or x!r} of shape "
                    f"{x.type.shape}, which is not among its inputs."
                )
        return list(dict.fromkeys(needed))

    @property
    def convolves(self) -> bool:
        """Whether the graph holds a convolution."""
        return any(
            getattr(node.op, "convolves", False)
            for node in apply_ancestors(self.results)
        )

    def counters(self, steps: int) -> Any:
        """Returns the two counters of this call, and advances them by the number of
        steps it runs."""
        if not self.random:
            return NO_DRAWS
        first, self._calls = self._calls, self._calls + steps
        return np.array([self._base + first, first], np.uint64).astype(np.uint32)

    @functools.cached_property
    def draws(self) -> list[Draw]:
        """The random operations of the graph."""
        return draws_in(self.results)

    def get_random_state(self) -> dict[str, Any]:
        """Returns the seeds of the random operations, and where their counters are."""
        return {
            "base": self._base,
            "calls": self._calls,
            "seeds": [op.seed for op in self.draws],
        }

    def set_random_state(self, draws: Any) -> None:
        """Sets the seeds and the counters; what was compiled with other seeds is
        compiled again."""
        if len(self.draws) != len(draws["seeds"]):
            raise ArgumentError(
                f"set_random_state received the seeds of {len(draws['seeds'])} random operations; this function has "
                f"{len(self.draws)}. Build the model as it was built when they were kept."
            )
        for op, seed in zip(self.draws, draws["seeds"], strict=True):
            op.seed = seed
        self._base, self._calls = draws["base"], draws["calls"]
        self.forget_compiled()

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        raise NotImplementedError(
            f"{type(self).__name__} doesn't define forget_compiled()."
        )


class JaxFunction(GraphFunction):
    """Compiled by JAX, once per learning phase and input shapes. New values take over
    old ones' memory.

    JAX, whose import sets NumPy's generator back to where it was, is imported before a
    generator's thread may draw from that.
    """

    def __init__(self, backend: Any, inputs: Any, outputs: Any, updates: Any) -> None:
        super().__init__(backend, inputs, outputs, updates)
        import oneiros_jax_support.jax_import  # noqa: F401

        self._jitted: dict[Any, Any] = {}
        self._ready: dict[Any, Any] = {}
        self._capacities: dict[Any, int] = {}
        self._old, self._read = (
            [x.container.storage for x in part] for part in (self.updated, self.read)
        )

    def run(self, arrays: list[Any], phase: int | None) -> list[Any]:
        """Runs one step."""
        return self._execute("step", phase, arrays, 1)

    def upload(self, arrays: Any) -> Upload:
        """Copies whole data sets to the device."""
        from oneiros_jax_support.runs import uploaded

        with self._scope():
            return Upload([uploaded(*pair) for pair in self.check_upload(arrays)])

    def loop(self, handle: Upload, index: Any, phase: int | None = None) -> list[Any]:
        """Runs all steps in one call, compiled for as many as there were at most so
        far, or a few more.

        XLA's loops make convolutions on a CPU many times slower: steps that hold one
        are run one by one.
        """
        from oneiros_jax_support.runs import batches_for, rows_for

        chosen = None if phase is None else self.check_phase(phase)
        rows, data = self.check_index(handle, index), handle.arrays
        steps = len(rows)
        if steps and self._options is not None:
            held = list(map(np.asarray, data))
            found = [
                self._execute("step", chosen, rows_of(row, held), 1) for row in rows
            ]
            return [np.stack(values) for values in zip(*found, strict=True)]
        key = (chosen, rows.shape[1], *[array.shape[1:] for array in data])
        if steps == 1 and key not in self._capacities:
            with self._scope():
                batch = rows_for(rows[0], data)
            return [output[None] for output in self._execute("step", chosen, batch, 1)]
        if self._capacities.get(key, 0) < steps:
            self._capacities[key] = compiled_steps(steps, rows.shape[1], data)
        padded = padded_index(rows, self._capacities[key])
        with self._scope():
            batches = batches_for(padded, data)
        outputs = self._execute(
            "loop", chosen, [np.int32(steps), padded, *batches], steps
        )
        return [output[:steps] for output in outputs]

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        self._jitted.clear()
        self._ready.clear()

    def _execute(
        self, kind: str, phase: int | None, arrays: list[Any], steps: int
    ) -> list[Any]:
        signature = (kind, phase, *[array.shape for array in arrays])
        fresh = signature not in self._ready
        with self._scope():
            function = (
                self._compiled(kind, phase, arrays) if fresh else self._ready[signature]
            )
            with LOCK:
                arguments = [
                    self._values(self._old),
                    self._values(self._read),
                    self.counters(steps),
                    *arrays,
                ]
                results = self._call(function, arguments, fresh)
        self._ready[signature] = function
        return [np.array(result) for result in results]

    def _compiled(self, kind: str, phase: int | None, arrays: list[Any]) -> Any:
        """Returns a compiled function, which has no memory of how it was called
        before."""
        from oneiros_jax_support.graphs import suits_ynn

        given = (
            self._values(self._old),
            self._values(self._read),
            self.counters(0),
            *arrays,
        )
        with kept_interrupts():
            function = self._jit(kind, phase, bool(self._options and not self.updated))
            if (
                not self.updated
                and self._options
                and not suits_ynn(function.trace(*given).jaxpr.jaxpr)
            ):
                function = self._jit(kind, phase, False)
            function.lower(*given).compile()
        return function

    def _jit(self, kind: str, phase: int | None, fast: bool) -> Any:
        from oneiros_jax_support.graphs import pooling_by_windows
        from oneiros_jax_support.jax_import import jax

        if (kind, phase, fast) not in self._jitted:
            traced = self._traced(phase) if kind == "step" else self._looped(phase)
            traced, options = (
                (pooling_by_windows(traced), None) if fast else (traced, self._options)
            )
            self._jitted[kind, phase, fast] = jax.jit(
                traced, donate_argnums=0, compiler_options=options
            )
        return self._jitted[kind, phase, fast]

    @functools.cached_property
    def _options(self) -> Any:
        """XLA's options for convolutions on a CPU; None on other devices and without
        convolutions."""
        with self._scope():
            return convolution_options() if self.convolves else None

    @functools.cached_property
    def _scope(self) -> Any:
        from oneiros_jax_support.devices import scope

        return scope("theano")

    def _values(self, slots: list[list[Any]]) -> tuple[Any, ...]:
        """Returns what the storages hold, moved to the device if it isn't there yet."""
        for slot in slots:
            if type(slot[0]) is np.ndarray:
                from oneiros_jax_support.runs import on_device

                slot[0] = on_device(slot[0])
        return tuple([slot[0] for slot in slots])

    def _call(self, function: Any, arguments: list[Any], fresh: bool) -> list[Any]:
        """Calls, and stores the new values in one go."""
        holders: list[list[Any]] = [[None] for _ in self.outputs]
        store(function, arguments, self._old + holders, fresh)
        if not holders and self._old:
            self._old[0][0].block_until_ready()
        return [holder[0] for holder in holders]

    def _traced(self, phase: int | None) -> Callable[..., Any]:
        """Returns one step as a function of JAX arrays: old values, other variables,
        counters, inputs."""
        from oneiros_backend_theano.evaluate import evaluate

        def step(old: Any, read: Any, counters: Any, *feeds: Any) -> Any:
            import jax.numpy as jnp

            values = dict(zip([*self.updated, *self.read], [*old, *read], strict=True))
            values.update({STREAM: counters[0], STEP: counters[1]})
            values.update(zip(self.placeholders, feeds, strict=True))
            values[self.backend.learning_phase_placeholder()] = np.int32(phase or 0)
            results = evaluate(self.results, values)
            for variable, new in zip(self.updated, results, strict=False):
                if np.shape(new) != values[variable].shape:
                    raise DataError(
                        f"The update of {variable.name!r} gives shape {np.shape(new)}; the variable has "
                        f"shape {values[variable].shape}."
                    )
            return tuple(jnp.asarray(x) for x in results)

        return step

    def _looped(self, phase: int | None) -> Callable[..., Any]:
        """Returns a loop over steps."""
        from oneiros_jax_support.runs import run_of

        step = self._traced(phase)

        def loop(old: Any, read: Any, counters: Any, *rest: Any) -> Any:
            def one(old: Any, i: Any, *feeds: Any) -> Any:
                return step(old, read, counters + i.astype(np.uint32), *feeds)

            return run_of(one, len(self.updated))(old, *rest)

        return loop


class PytensorFunction(GraphFunction):
    """Compiled by PyTensor itself in a given mode, once per learning phase."""

    def __init__(
        self, backend: Any, inputs: Any, outputs: Any, updates: Any, mode: Any
    ) -> None:
        super().__init__(backend, inputs, outputs, updates)
        if requested("theano") not in (None, Device("cpu", 0)):
            raise CapabilityError(
                f"The linker {mode} computes on the CPU, and the setting `device` asks for "
                f"{requested('theano')}, where the linker jax computes. Leave out `mode` and "
                f"ONEIROS_THEANO_LINKER, or set ONEIROS_DEVICE=theano=cpu."
            )
        self._mode = mode
        self._compiled: dict[int | None, Any] = {}

    def run(self, arrays: list[Any], phase: int | None) -> list[Any]:
        """Runs one step."""
        if phase not in self._compiled:
            self._compiled[phase] = self._compile(phase)
        with LOCK:
            for variable in (*self.updated, *self.read):
                storage = variable.container.storage
                storage[0] = np.asarray(storage[0])
            results = self._compiled[phase](*self.counters(1), *arrays)
        return [np.array(result) for result in results]

    def forget_compiled(self) -> None:
        """Lets the next call compile anew."""
        self._compiled.clear()

    def _compile(self, phase: int | None) -> Any:
        import pytensor
        from pytensor.graph.replace import clone_replace

        from oneiros_backend_theano.jax_op import register_with_numba

        if str(self._mode) == "NUMBA":
            register_with_numba()
        stream, step = STREAM.type("stream"), STEP.type("step")
        replaced = {STREAM: stream, STEP: step}
        if phase is not None and not isinstance(
            self.inputs[self.phase_index or 0], int
        ):
            replaced[self.inputs[self.phase_index or 0]] = pytensor.tensor.constant(
                phase, dtype="int32"
            )
        results = clone_replace(self.results, replaced, rebuild_strict=False)
        count = len(self.updated)
        return pytensor.function(
            [stream, step, *self.placeholders],
            results[count:],
            updates=list(zip(self.updated, results[:count], strict=True)),
            mode=self._mode,
            on_unused_input="ignore",
        )
