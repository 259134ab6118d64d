"""The plugin for pytest: with `--oneiros-plugin my-lab`, each check of the plugin is a
test.

Without the option it does nothing, and imports nothing.
"""

from typing import Any

import pytest

PROPERTY = "oneiros-check"
"""The name under which a test's report holds the state of its check."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options."""
    group = parser.getgroup("oneiros")
    group.addoption(
        "--oneiros-plugin",
        metavar="DIST",
        help="Run the checks of an installed plugin of Oneiros; . for the one here.",
    )
    group.addoption(
        "--oneiros-expect",
        metavar="NAME=REASON",
        action="append",
        default=[],
        help="This check fails. It may be repeated.",
    )
    group.addoption(
        "--oneiros-expect-file",
        metavar="FILE",
        help="A TOML file with the checks that fail.",
    )
    group.addoption(
        "--oneiros-backend",
        metavar="NAME",
        action="append",
        help="A backend to run the checks on. It may be repeated.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Adds the checks if the option is given."""
    if config.getoption("--oneiros-plugin"):
        config.pluginmanager.register(Kit(config), "oneiros-kit")


class Kit:
    """The checks of one plugin in a run of pytest, and whether all of them ran."""

    def __init__(self, config: pytest.Config):
        from oneiros_testing.discovery import record_of
        from oneiros_testing.expected import from_options
        from oneiros_testing.runner import plan_of

        record = record_of(config.getoption("--oneiros-plugin"))
        distribution = record.distribution
        options = config.getoption("--oneiros-expect")
        file = config.getoption("--oneiros-expect-file")
        expected = from_options(options, file, distribution)
        backends = config.getoption("--oneiros-backend")
        self.plan = plan_of(distribution, expected, backends)
        self.states: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Adds an item for each check."""
        name = self.plan.record.distribution
        parent = Checks.from_parent(session, name=name, nodeid=name)
        for planned in self.plan.planned:
            item = CheckItem.from_parent(parent, name=planned.identifier)
            item.plan, item.planned = self.plan, planned
            items.append(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notes the state of a check, here or in another process."""
        for key, value in report.user_properties:
            if key == PROPERTY:
                self.states[report.nodeid] = str(value)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fails the run if a check failed or didn't run, whatever pytest thinks."""
        is_worker = hasattr(session.config, "workerinput")
        if is_worker or session.config.option.collectonly or self.ok:
            return
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Prints how many checks ran."""
        if terminalreporter.config.option.collectonly:
            return
        terminalreporter.section("oneiros")
        for line in self.report.summary():
            terminalreporter.line(line)

    @property
    def report(self) -> Any:
        """The report of what ran."""
        from oneiros_testing.report import Outcome

        outcomes = [
            Outcome(identifier, "", None, state)
            for identifier, state in self.states.items()
        ]
        return self.plan.report(outcomes)

    @property
    def ok(self) -> bool:
        """Whether all checks ran, each with the result that was expected."""
        return bool(self.report.ok)


class Checks(pytest.Collector):
    """The checks of a plugin."""

    def collect(self) -> list[pytest.Item]:
        """Returns nothing: the items are added when all others are collected."""
        return []


class CheckItem(pytest.Item):
    """One check as a test."""

    plan: Any
    planned: Any

    def runtest(self) -> None:
        """Runs the check."""
        from oneiros_testing.report import EXPECTED, FAULTS, NOT_RUN

        outcome = self.plan.run(self.planned)
        self.user_properties.append((PROPERTY, outcome.state))
        if outcome.state == EXPECTED:
            pytest.xfail(outcome.message)
        if outcome.state == NOT_RUN:
            pytest.skip(outcome.message)
        if outcome.state in FAULTS:
            pytest.fail(str(outcome), pytrace=False)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Returns where the check stands."""
        return self.path, None, self.name
