"""Random functions on PyTorch's own tensors. A recorded stream supplies their key.

Each number is a hash of the key and of its place, so it is the same on every device, in
every thread, and in what `torch.compile` compiles. A key is an integer of 64 bits.
"""

import math

from torch_for_oneiros.devices import place
from torch_for_oneiros.functions import FUNCTIONS
from torch_for_oneiros.tensors import torch_type
from torch_for_oneiros.torch_import import torch

BITS = 64
FACTORS = (0xBF58476D1CE4E5B9 - 2**BITS, 0x94D049BB133111EB - 2**BITS)
"""The numbers of the generator SplitMix64 (Steele, Lea and Flood, 2014). Products wrap
around, so nothing is multiplied that `torch.compile` knows: it would compute exactly.
"""
DIGITS = {"float16": 11, "float32": 24, "float64": 53}
"""The binary digits of each type of floats."""


def mixed(numbers):
    """Returns a hash of integers of 64 bits, one by one."""
    first, second = FACTORS
    numbers = _folded_in_half(numbers, 30) * first
    numbers = _folded_in_half(numbers, 27) * second
    return _folded_in_half(numbers, 31)


def _folded_in_half(numbers, count: int):
    return numbers ^ _shifted(numbers, count)


def _shifted(numbers, count: int):
    """Moves bits to the right, and fills up with zeros."""
    kept = BITS - count
    mask = 2**kept - 1
    moved = numbers >> count
    return moved & mask


def key_of(seed: int, counter):
    """Returns the key for a seed and the number of a step."""
    number = torch.as_tensor(seed, dtype=torch.int64)
    of_seed = mixed(number)
    return folded(of_seed, counter)


def folded(key, number):
    """Returns a key like `key`, another one for each number."""
    other = torch.as_tensor(number, dtype=torch.int64)
    together = ~key ^ other
    return mixed(together)


def _uniform(key, shape, dtype: str):
    sizes = FUNCTIONS.sizes(shape)
    count = math.prod(sizes)
    places = torch.arange(count, dtype=torch.int64, device=place())
    together = key ^ places
    numbers = mixed(together)
    digits = DIGITS[dtype]
    surplus = BITS - digits
    whole = _shifted(numbers, surplus)
    typed = whole.to(torch_type(dtype))
    below_one = typed * 2.0**-digits
    return below_one.reshape(sizes)


def random_uniform(key, shape, low, high, dtype: str):
    """Draws from [low, high)."""
    numbers = _uniform(key, shape, dtype)
    low = FUNCTIONS.of_type(low, dtype)
    high = FUNCTIONS.of_type(high, dtype)
    width = high - low
    scaled = numbers * width
    return scaled + low


def random_normal(key, shape, mean, std, dtype: str):
    """Draws from a normal distribution, by the method of Box and Muller."""
    wide = "float32"
    if dtype == "float64":
        wide = "float64"
    first_key = folded(key, 0)
    second_key = folded(key, 1)
    share = _uniform(first_key, shape, wide)
    turn = _uniform(second_key, shape, wide)
    logarithm = torch.log1p(-share)
    radius = torch.sqrt(-2 * logarithm)
    angle = 2 * math.pi * turn
    numbers = radius * torch.cos(angle)
    typed = numbers.to(torch_type(dtype))
    mean = FUNCTIONS.of_type(mean, dtype)
    std = FUNCTIONS.of_type(std, dtype)
    scaled = typed * std
    return scaled + mean


def random_binomial(key, shape, p, dtype: str):
    """Draws 1 with probability `p`, else 0."""
    numbers = _uniform(key, shape, "float32")
    p = FUNCTIONS.of_type(p, "float32")
    is_one = numbers < p
    return is_one.to(torch_type(dtype))
