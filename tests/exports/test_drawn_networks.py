"""Whole networks, drawn by hypothesis or written as in 2016, compute the same in every
library; a drawn one may be refused, with a reason and a way out.

The outputs are compared twice: by the replay of `oneiros.export`, and here, on other
inputs, by a process that has the other library and not Oneiros.
"""

import numpy as np
import pytest
from drawn_networks import networks, set_wide_weights
from hypothesis import event, given
from hypothesis import strategies as st
from networks_of_2016 import NETWORKS
from oneiros import backend as K
from oneiros.errors import CapabilityError
from oneiros.exports import ExportError, shared_processes
from other_libraries import EQUAL, FILES, WAYS_OUT, Library, compare, kind_of, reasons

pytestmark = pytest.mark.exhaustive(only=True)


@pytest.fixture(scope="module", params=FILES)
def library(request):
    """A process that has a library."""
    library = Library(request.param)
    with shared_processes(), K.use("theano"):
        yield library
    library.end()


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_of_2016_computes_the_same_elsewhere(library, network):
    np.random.seed(4)
    model = NETWORKS[network]()
    set_wide_weights(model, 1, spread=1.2)
    assert compare(library, model, 2) == EQUAL


@given(model=networks(), seed=st.integers(0, 99))
def test_a_drawn_network_computes_the_same_elsewhere(library, model, seed):
    try:
        event(compare(library, model, seed))
    except (CapabilityError, ExportError) as refusal:
        for line in reasons(refusal):
            assert WAYS_OUT.search(line), line
            event(f"refused: {kind_of(line)}")
