"""Budget: what reading a file may cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """What reading a file may cost, all parts together.

    `load_model(path, budget=Budget(...))` allows more.

    # Properties
        array_bytes: int, memory for arrays.
        excess_bytes: int, how much longer than the file itself its arrays may be
            (compressed arrays are).
        text_bytes: int, memory for names, configurations and other attributes.
        objects: int, number of groups, arrays and stored blocks looked at.
    """

    array_bytes: int = 4 << 30
    excess_bytes: int = 64 << 20
    text_bytes: int = 64 << 20
    objects: int = 100_000
