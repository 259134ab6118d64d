"""How many examples a property test draws: few in the test command, many in the run
with `-m exhaustive`."""

MANY = 200
exhaustive = False


def draws(few: int) -> int:
    """Returns the number of examples to draw in this run."""
    return max(MANY, few) if exhaustive else few
