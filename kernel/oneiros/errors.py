"""Every error that Oneiros raises on purpose.

A class exists where a caller may want to catch it apart from the others; its name is
`<Subject>Error`. Each also derives from the built-in exception that Keras 1 raised in
that place, so that old `except` clauses keep working. A message says what was received,
where, what was expected, and what to type next.
"""


class OneirosError(Exception):
    """Base of all errors raised by Oneiros."""


class UnknownNameError(OneirosError, ValueError):
    """Nothing installed provides a layer, loss, optimizer, … of this name."""


class NameConflictError(OneirosError, ValueError):
    """Two distributions provide the same name and nothing says which one is meant."""


class PluginLoadError(OneirosError, ImportError):
    """A plugin, or the object one of its references names, could not be imported."""


class SettingsError(OneirosError, ValueError):
    """A settings file, an environment variable or a setting's value makes no sense."""


class BackendMissingError(OneirosError, ImportError):
    """The backend that was asked for, or any backend at all, is not installed."""


class BackendMixError(OneirosError, TypeError):
    """Tensors of two backends met in one operation."""


class CapabilityError(OneirosError, NotImplementedError, AttributeError):
    """The backend doesn't offer this function; `hasattr` doesn't find it."""


class ShapeError(OneirosError, ValueError):
    """A layer was connected to an input whose shape or rank it can't take."""


class GraphError(OneirosError, ValueError):
    """Layers don't form a model: a cycle, a missing input, a duplicate name."""


class NodeError(OneirosError, AttributeError, RuntimeError):
    """A layer has no input, output or weights yet, or it has several."""


class DataError(OneirosError, ValueError):
    """Arrays passed to a model or a compiled function don't fit it."""


class GeneratorError(OneirosError, RuntimeError):
    """A generator raised, ended early or blocked, or its worker died."""


class NotCompiledError(OneirosError, RuntimeError):
    """A model was asked to train or to evaluate before `compile`."""


class ArgumentError(OneirosError, ValueError):
    """An argument's value lies outside what the function accepts."""


class ConfigError(OneirosError, ValueError):
    """A configuration doesn't describe an object that can be built."""


class FileMissingError(OneirosError, FileNotFoundError):
    """A model file that was to be read isn't there."""


class FileFormatError(OneirosError, ValueError, OSError):
    """A file is damaged, truncated, or of a kind that no installed format reads."""


class UnsafeFileError(OneirosError, ValueError):
    """A file asks for what loading never does; nothing was built."""
