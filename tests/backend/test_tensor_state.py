"""State on tensors: what one key keeps is not seen by another, on every backend."""

import pytest
from oneiros import backend as K
from oneiros.layers import Dense, Input
from oneiros_backend_toolkit.tensors import LAYER_CALL, StateKey


@pytest.mark.parametrize("make", [lambda: K.placeholder((2,)), lambda: K.zeros((2,))])
def test_what_one_key_keeps_another_does_not_see(backend, make):
    one = StateKey("a number")
    other = StateKey("another number")
    x = make()
    one.set(x, 1)
    one.set(x, 2)
    assert (one.get(x), other.get(x), other.get(x, 3)) == (2, None, 3)
    assert x in one
    assert x not in other
    assert x + 1 not in one


def test_a_tensor_is_compared_and_hashed_by_identity(backend):
    x, y = K.placeholder((3,)), K.placeholder((3,))
    assert x in [y, x] and {x: 1}[x] == 1 and len({x, y, x}) == 2


def test_the_layer_that_computed_a_tensor_is_known(backend):
    x = Input((3,))
    layer = Dense(2)
    assert LAYER_CALL.get(layer(x)) == (layer, [x])
