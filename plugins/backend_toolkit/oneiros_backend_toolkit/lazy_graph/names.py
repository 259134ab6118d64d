"""Names for the inputs and outputs of a program, as files for other libraries need
them."""

import itertools
from collections.abc import Iterable, Sequence

BATCH = "batch"
"""The name of an open number of samples."""
AXES = {2: {1: "steps"}, 3: {1: "steps", 2: "features"}}
"""Names of other open sizes, by the rank of a tensor and its axis."""

NamedShape = tuple[int | str, ...]


def distinct(names: Iterable[str], used: Iterable[str] = ()) -> list[str]:
    """Returns names of which none is used, or another one; some get a number.

    # Arguments
        names: the names that are wanted, such as `["x", "x"]`, which gives
            `["x", "x_1"]`.
        used: names that are taken.
    """
    taken = set(used)
    result = []
    for name in names:
        free = name
        numbers = itertools.count(1)
        while free in taken:
            free = f"{name}_{next(numbers)}"
        taken.add(free)
        result.append(free)
    return result


def named_shapes(
    names: Iterable[str], shapes: Iterable[Sequence[int | None]]
) -> list[NamedShape]:
    """Returns shapes with names for their open sizes.

    An open number of samples is `batch`. The first open length of a sequence is
    `steps`; those of other tensors begin with the tensor's name: they may be longer or
    shorter.

    # Arguments
        names: the names of tensors.
        shapes: their shapes, None for open sizes.
    """
    taken: set[str] = set()
    pairs = zip(names, shapes, strict=True)
    return [_named_shape(name, shape, taken) for name, shape in pairs]


def _named_shape(name: str, shape: Sequence[int | None], taken: set[str]) -> NamedShape:
    sizes: list[int | str] = []
    for axis, size in enumerate(shape):
        if size is not None:
            sizes.append(size)
        elif axis == 0:
            sizes.append(BATCH)
        else:
            roles = AXES.get(len(shape), {})
            role = roles.get(axis, f"axis_{axis}")
            sizes.append(f"{name}_{role}" if role in taken else role)
            taken.add(role)
    return tuple(sizes)
