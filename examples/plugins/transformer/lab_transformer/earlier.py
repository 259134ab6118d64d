"""How configurations of earlier versions of this plugin are read."""

from oneiros.migrations import Migration
from oneiros.typing import Config


class LearnedEncodingMigration(Migration):
    """Version 0.1 called `max_steps` `length`."""

    def translated(self, name: str, config: Config) -> tuple[str, Config]:
        """Returns the class's name and its arguments here."""
        if self.origin.distribution_version.startswith("0.1."):
            config["max_steps"] = config.pop("length")
        return name, config
