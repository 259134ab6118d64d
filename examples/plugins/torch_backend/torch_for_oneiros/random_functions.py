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
    numbers = (numbers ^ _shifted(numbers, 30)) * FACTORS[0]
    numbers = (numbers ^ _shifted(numbers, 27)) * FACTORS[1]
    return numbers ^ _shifted(numbers, 31)


def _shifted(numbers, count: int):
    """Moves bits to the right, and fills up with zeros."""
    mask = 2 ** (BITS - count) - 1
    return (numbers >> count) & mask


def key_of(seed: int, counter):
    """Returns the key for a seed and the number of a step."""
    first = mixed(torch.as_tensor(seed, dtype=torch.int64))
    return folded(first, counter)


def folded(key, number):
    """Returns a key like `key`, another one for each number."""
    place_in_sequence = torch.as_tensor(number, dtype=torch.int64)
    return mixed(~key ^ place_in_sequence)


def _uniform(key, shape, dtype: str):
    sizes = FUNCTIONS.sizes(shape)
    count = math.prod(sizes)
    places = torch.arange(count, dtype=torch.int64, device=place())
    numbers = mixed(key ^ places)
    digits = DIGITS[dtype]
    whole = _shifted(numbers, BITS - digits)
    typed = whole.to(torch_type(dtype))
    return typed.mul(2.0**-digits).reshape(sizes)


def random_uniform(key, shape, low, high, dtype: str):
    """Draws from [low, high)."""
    numbers = _uniform(key, shape, dtype)
    low = FUNCTIONS.of_type(low, dtype)
    high = FUNCTIONS.of_type(high, dtype)
    return numbers * (high - low) + low


def random_normal(key, shape, mean, std, dtype: str):
    """Draws from a normal distribution, by the method of Box and Muller."""
    wide = "float64" if dtype == "float64" else "float32"
    radius = _uniform(folded(key, 0), shape, wide)
    angle = _uniform(folded(key, 1), shape, wide)
    distances = torch.sqrt(-2 * torch.log1p(-radius))
    numbers = distances * torch.cos(2 * math.pi * angle)
    mean = FUNCTIONS.of_type(mean, dtype)
    std = FUNCTIONS.of_type(std, dtype)
    return numbers.to(torch_type(dtype)) * std + mean


def random_binomial(key, shape, p, dtype: str):
    """Draws 1 with probability `p`, else 0."""
    numbers = _uniform(key, shape, "float32")
    p = FUNCTIONS.of_type(p, "float32")
    return (numbers < p).to(torch_type(dtype))
