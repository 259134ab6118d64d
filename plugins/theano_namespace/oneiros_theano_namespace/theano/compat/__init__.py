"""Names that Python 2 and 3 had in different places."""

from collections import OrderedDict

PY3 = True
imap = map
izip = zip

__all__ = ["PY3", "OrderedDict", "imap", "izip"]
