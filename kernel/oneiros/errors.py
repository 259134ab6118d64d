"""Every error that Oneiros raises on purpose.

There is a class for each kind of error that you may want to catch separately; its name
is `<Subject>Error`. Each also derives from the built-in exception that Keras 1 raised
in the same place, so that old `except` clauses keep working. A message says what was
received, where, what was expected, and what to type next.
"""


class OneirosError(Exception):
    """Base of all errors raised by Oneiros."""


class UnknownNameError(OneirosError, ValueError):
    """No installed plugin provides a layer, loss, optimizer, … of this name."""


class NameConflictError(OneirosError, ValueError):
    """Two distributions provide the same name, and no setting says which one to use."""


class PluginLoadError(OneirosError, ImportError):
    """A plugin, or an object to which it refers, couldn't be imported."""


class SettingsError(OneirosError, ValueError):
    """A settings file, an environment variable or the value of a setting is invalid."""


class BackendMissingError(OneirosError, ImportError):
    """The requested backend isn't installed, or no backend is."""


class BackendMixError(OneirosError, TypeError):
    """One operation received tensors of two backends."""


class CapabilityError(OneirosError, NotImplementedError, AttributeError):
    """The backend doesn't offer this function; `hasattr` returns False for it."""


class DistributionError(OneirosError, RuntimeError):
    """Of the processes that train together, one ended, didn't arrive, or does
    something else than the others."""


class ShapeError(OneirosError, ValueError):
    """A layer was called on an input whose shape or rank it doesn't accept."""


class GraphError(OneirosError, ValueError):
    """The layers don't form a model: there is a cycle, a missing input or a duplicate
    name."""


class NodeError(OneirosError, AttributeError, RuntimeError):
    """A layer has no input, output or weights yet, or it has several."""


class DataError(OneirosError, ValueError):
    """Arrays passed to a model or a compiled function don't fit it."""


class GeneratorError(OneirosError, RuntimeError):
    """A generator raised an error, ended early or blocked, or its worker died."""


class NotCompiledError(OneirosError, RuntimeError):
    """A model was trained or evaluated before `compile`."""


class ArgumentError(OneirosError, ValueError):
    """The function doesn't accept the value of an argument."""


class ConfigError(OneirosError, ValueError):
    """An object can't be built from a configuration."""


class FileMissingError(OneirosError, FileNotFoundError):
    """A model file doesn't exist."""


class FileAccessError(OneirosError, OSError):
    """The system refuses to read or write a file: the disk is full or fails, memory is
    short, or a permission is missing. `errno` tells which."""


class FileFormatError(OneirosError, ValueError, OSError):
    """A file is damaged, truncated, or has a format that no installed plugin reads."""


class UnsafeFileError(OneirosError, ValueError):
    """A file asks for something that loading never does; nothing was built."""
