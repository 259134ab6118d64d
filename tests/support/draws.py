"""How many examples property tests draw.

Some in the test command, the same ones in each run: what passed once passes again.
Many, and others each time, in the run with `-m exhaustive`.
"""

from hypothesis import HealthCheck, settings

SHORT = settings(
    max_examples=6,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("short", SHORT)
settings.register_profile("exhaustive", SHORT, derandomize=False, max_examples=200)


def load_profile(exhaustive: bool) -> None:
    """Chooses for this run, before the test modules are imported."""
    settings.load_profile("exhaustive" if exhaustive else "short")


def is_exhaustive() -> bool:
    """Whether this is the exhaustive run."""
    return settings.get_current_profile_name() == "exhaustive"
