"""How densely the code is written."""

from pathlib import Path

import density
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_kernel_stays_small():
    assert density.total(ROOT / "kernel").tokens <= density.KERNEL_TOKENS


@pytest.mark.parametrize(
    "folder", density.distributions(), ids=lambda folder: folder.name
)
def test_a_distribution_is_not_packed(folder):
    assert density.total(folder).density <= density.DENSITY
