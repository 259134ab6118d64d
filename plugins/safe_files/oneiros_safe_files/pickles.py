"""Reads pickled data sets: containers, numbers, texts and NumPy arrays. It calls
nothing that they name.

It maps the names in a pickle to a few functions of this module, and refuses all others.
Old data sets of Keras are pickles; models never are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from oneiros.errors import FileFormatError, OneirosError

from oneiros_safe_files.budget import Budget
from oneiros_safe_files.file_access import is_refusal, open_counted
from oneiros_safe_files.gzip_data import unfolded
from oneiros_safe_files.meter import Meter
from oneiros_safe_files.pickle_machine import PickleMachine
from oneiros_safe_files.pickle_source import PickleSource


def read_pickle(path: Path, budget: Budget, encoding: str = "bytes") -> Any:
    """Reads the pickle at `path`, even if it is compressed with gzip.

    # Arguments
        path: the file.
        budget: the limits for reading it.
        encoding: str, the encoding of texts from Python 2; `"bytes"` keeps them as
            bytes.
    """
    with open_counted(path, budget) as (file, meter):
        try:
            return load_pickle(unfolded(file, meter), meter, encoding)
        except OneirosError:
            raise
        except Exception as error:  # a damaged pickle fails in every way that there is
            if isinstance(error, OSError) and is_refusal(error):
                raise
            raise FileFormatError(
                f"{path} is damaged or truncated, or isn't pickled data "
                f"({type(error).__name__}: {error!s:.200}). Restore it from a copy."
            ) from error


def load_pickle(file: Any, meter: Meter, encoding: str = "bytes") -> Any:
    """Returns the contents of an open pickle; damaged data raises errors of any kind.

    # Arguments
        file: the open file.
        meter: Meter, for the file.
        encoding: as for `read_pickle`.
    """
    source = PickleSource(file, meter, encoding)
    try:
        content = PickleMachine(source, meter).run()
        if source.is_at_end():
            return content
    finally:
        source.leave()
    raise FileFormatError(
        f"{meter.path} is damaged: data follows the end of the pickle."
    )
