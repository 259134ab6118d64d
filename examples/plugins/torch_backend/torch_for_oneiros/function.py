"""`K.function` on PyTorch: the program's operations, one after the other."""

from contextlib import nullcontext

from oneiros.backend.contract import LOCK
from oneiros.typing import Array, Tensors
from oneiros_backend_toolkit.compiled_on_demand import CompiledLoop, CompiledStep
from oneiros_backend_toolkit.interrupts import deferred_interrupts
from oneiros_backend_toolkit.lazy_graph.function import RecordedFunction, check_update

from torch_for_oneiros.compiling import Computation, computation
from torch_for_oneiros.devices import check_device
from torch_for_oneiros.tensors import to_array, to_tensor
from torch_for_oneiros.torch_import import torch


class TorchFunction(RecordedFunction):
    """A recorded program that PyTorch computes."""

    @property
    def specialises(self) -> bool:
        """Whether it is compiled for inputs of certain shapes."""
        choice = self.program.options["torch_compile"]
        return bool(choice != "off")

    def put(self, array: Array, dtype):
        """Copies an array to the device, as one of a type."""
        return to_tensor(array, dtype)

    def rows(self, arrays: Tensors, index: Array) -> Tensors:
        """Returns the rows that an index names, of each array."""
        chosen = []
        for array in arrays:
            if isinstance(array, torch.Tensor):
                places = torch.from_numpy(index)
                places = places.to(array.device)
                rows = array.index_select(0, places)
            else:
                rows = array[index]
            chosen.append(rows)
        return chosen

    def compile_step(self, phase: int, arrays: Tensors) -> CompiledStep:
        """Returns one step."""
        compute = computation(self.program, phase)

        def step(arrays, counter) -> list[Array]:
            outputs = self._step(compute, arrays, counter)
            return list(map(to_array, outputs))

        return step

    def compile_loop(self, phase: int, arrays: Tensors, index: Array) -> CompiledLoop:
        """Returns many steps. Their outputs stay on the device until the last one."""
        compute = computation(self.program, phase)

        def steps(arrays, index: Array, count: int, counter) -> list[Array]:
            results = []
            for place in range(count):
                rows = self.rows(arrays, index[place])
                results.append(self._step(compute, rows, counter + place))
            by_output = zip(*results, strict=True)
            stacked = map(torch.stack, by_output)
            return list(map(to_array, stacked))

        return steps

    def _step(self, compute: Computation, arrays, counter: int) -> Tensors:
        """Computes the outputs, and stores the new values of variables: all or none."""
        check_device()
        feeds = list(map(to_tensor, arrays))
        program = self.program
        guard = LOCK if program.written else nullcontext()
        with guard, torch.no_grad():
            state = [node.source.storage.tensor() for node in program.variables]
            results = compute(feeds, state, counter)
            count = len(program.outputs)
            outputs = results[:count]
            new = results[count:]
            pairs = list(zip(program.written, new, strict=True))
            for node, value in pairs:
                check_update(node, value.shape)
            with deferred_interrupts():
                for node, value in pairs:
                    node.source.storage.replace(value)
        return outputs
