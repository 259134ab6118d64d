"""Weights in groups of HDF5 files that the caller has open, in any way that h5py
opens files."""

import tracemalloc

import h5py
import numpy as np
import pytest
from oneiros.layers import Dense
from oneiros.models import Sequential

WAYS = {
    "unwritten": {},
    "in memory": {"driver": "core", "backing_store": False},
    "newest layout": {"libver": "latest"},
    "after other bytes": {"userblock_size": 512},
}


def model():
    return Sequential([Dense(3, input_dim=2, name="d")])


@pytest.mark.parametrize("way", WAYS)
def test_weights_come_from_a_file_that_is_being_written(tmp_path, way):
    source = model()
    target = model()
    third = model()
    with h5py.File(tmp_path / "f.h5", "w", **WAYS[way]) as file:
        source.save_weights_to_hdf5_group(file.create_group("here"))
        target.load_weights_from_hdf5_group(file["here"])
        third.load_weights_from_hdf5_group_by_name(file["here"])
    for one, *others in zip(
        source.get_weights(), target.get_weights(), third.get_weights(), strict=True
    ):
        np.testing.assert_array_equal([one, one], others)


def test_a_small_group_of_a_large_file_needs_little_memory(tmp_path):
    source = model()
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["large"] = np.zeros(1 << 23, np.uint8)
        source.save_weights_to_hdf5_group(file.create_group("here"))
        tracemalloc.start()
        source.load_weights_from_hdf5_group(file["here"])
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < 1 << 21
