"""Names that Python 2 and 3 had in different places."""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from functools import partial
from io import BytesIO, StringIO

PY3 = True
filter = filter
ifilter = filter
imap = map
izip = zip
map = map
zip = zip

__all__ = [
    "PY3",
    "BytesIO",
    "Callable",
    "Counter",
    "OrderedDict",
    "StringIO",
    "defaultdict",
    "filter",
    "ifilter",
    "imap",
    "izip",
    "map",
    "partial",
    "zip",
]
