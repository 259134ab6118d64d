"""What the tests of saving share."""

import h5py
import numpy as np
import pytest


@pytest.fixture(scope="session")
def describe():
    """A function that returns place → (what it is, its type on disk, its shape, its
    value)."""
    return _describe


@pytest.fixture
def describe_for_keras():
    """Gives a function that describes a file without what Keras 1 forgot of
    optimizers."""
    return _describe_for_keras


def _describe_for_keras(path):
    description = _describe(path)
    kind, members = description["/"]
    description["/"] = (
        kind,
        [member for member in members if member != "oneiros_training"],
    )
    return {
        place: content
        for place, content in description.items()
        if not place.startswith("oneiros_training")
    }


def _describe(path):
    description = {}

    def visit(name, item):
        for key in item.attrs:
            description[f"{name}@{key}"] = ("attribute", *_attribute(item, key))
        if isinstance(item, h5py.Dataset):
            plist = item.id.get_create_plist()
            storage = (plist.get_layout(), item.compression, item.maxshape)
            description[name] = (
                "array",
                item.dtype.str,
                item.shape,
                storage,
                item[()].tobytes(),
            )
        else:
            description[name] = ("group", sorted(item))

    with h5py.File(path, "r") as file:
        visit("/", file)
        file.visititems(visit)
    return description


def _attribute(item, key):
    kind = h5py.h5a.open(item.id, key.encode()).get_type()
    space = h5py.h5a.open(item.id, key.encode()).get_space()
    text = (
        (kind.is_variable_str(), kind.get_cset(), kind.get_strpad())
        if kind.get_class() == h5py.h5t.STRING
        else None
    )
    value = item.attrs[key]
    size = None if text and text[0] else kind.get_size()
    return (
        kind.get_class(),
        size,
        text,
        space.get_simple_extent_type(),
        space.shape,
        np.asarray(value).tolist(),
    )
