"""Saves to one path again and again, or reads it: a program of its own.

    python rounds.py write FOLDER NUMBER ROUNDS
    python rounds.py read FOLDER NUMBER ROUNDS

What a writer writes are arrays full of its number, which tells their sizes, so a
mixture would show.
"""

import sys
from pathlib import Path

import numpy as np
from oneiros.saving import ModelState
from oneiros.utils.io_utils import load_array, save_array
from oneiros_saving import model_files

ROWS = 5_000
FILES = ("m.h5", "w.safetensors", "a.h5")


def write(folder, number):
    """Writes each file."""
    sizes = (10, ROWS * (number + 1))
    arrays = [(f"W{size}", np.full(size, number, "float32")) for size in sizes]
    state = ModelState(model_config={"number": number}, weights=[("layer", arrays)])
    model_files.write(folder / "m.h5", state)
    model_files.write(folder / "w.safetensors", ModelState(weights=state.weights))
    save_array(arrays[-1][1], folder / "a.h5")


def check(folder):
    """Reads each file, and checks that it is the whole of one writer's."""
    state = model_files.read(folder / "m.h5")[1]
    assert state.model_config == {"number": number_in(state.weights)}
    number_in(model_files.read(folder / "w.safetensors")[1].weights)
    assert len(set(load_array(folder / "a.h5"))) == 1


def number_in(weights):
    """Returns the number of which all arrays are full."""
    ((_, arrays),) = weights
    (number,) = {float(value) for _, array in arrays for value in array}
    assert [array.size for _, array in arrays] == [10, ROWS * (number + 1)]
    return number


def main(what, folder, number, rounds):
    for _ in range(int(rounds)):
        if what == "write":
            write(Path(folder), int(number))
        else:
            check(Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
