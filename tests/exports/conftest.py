"""What the tests of exports share."""

import pytest
from oneiros.exports import shared_processes


@pytest.fixture(scope="module")
def one_process():
    """Another library starts once for all exports of a file."""
    with shared_processes():
        yield
