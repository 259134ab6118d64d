"""Settings that can't be read: `oneiros doctor` tells of them, and goes on without."""

import os
from functools import cache

from oneiros import settings
from oneiros.errors import SettingsError

from oneiros_cli.faults import Fault

HOME = "ONEIROS_HOME"
WITHOUT = "without-settings"
"""A folder that doesn't exist."""


@cache
def settings_file() -> str:
    """Returns the path of the settings file, also after it is set aside."""
    return str(settings.path())


@cache
def set_aside() -> tuple[Fault, ...]:
    """Takes invalid settings away from this process and those that it starts; returns
    what is wrong with them.

    # Raises
        SettingsError: if those of Keras 1 are invalid.
    """
    settings_file()
    found = []
    while text := _problem():
        variable = text.split()[0]
        if variable in os.environ:
            del os.environ[variable]
            remedy = f"Correct {variable}, or type: unset {variable}"
        elif os.environ.get(HOME, "").endswith(WITHOUT):
            raise SettingsError(text)
        else:
            os.environ[HOME] = str(settings.path().with_name(WITHOUT))
            remedy = f"Correct {settings_file()}, or move it away"
        found.append(Fault("settings", text, remedy))
    return tuple(found)


def _problem() -> str | None:
    """Returns the first thing that is wrong with a setting."""
    try:
        for key in settings.SETTINGS:
            settings.candidates(key)
    except SettingsError as error:
        return str(error)
    return None
