"""Star imports bring what those of Keras 1.2.2 brought, its own imports included."""

import random
import re

import numpy as np
import pytest
from oneiros import backend as K
from oneiros import preprocessing
from scipy import linalg, ndimage

BROUGHT = {
    "image": {"K": K, "np": np, "re": re, "linalg": linalg, "ndi": ndimage},
    "sequence": {"np": np, "random": random},
    "text": {"np": np, "maketrans": str.maketrans},
}


@pytest.mark.parametrize("module", BROUGHT)
def test_star_import(module):
    scope = {}
    exec(f"from oneiros.preprocessing.{module} import *", scope)
    for name, expected in BROUGHT[module].items():
        assert scope[name] == expected


def test_the_package_shows_its_modules():
    scope = {}
    exec("from oneiros.preprocessing import *", scope)
    assert {"image", "sequence", "text"} <= set(scope)
    assert {"image", "sequence", "text"} <= set(dir(preprocessing))
