"""The output of a notebook's cell, as a place where a bar moves."""

from typing import Any, ClassVar


class NotebookCell:
    """A stream that shows its last line in a display above the cell's printed output.

    A cell has one such display, which is empty in the end. So a saved notebook contains
    none of a bar's frames, only the lines that Keras 1 would have left.
    """

    encoding = "utf-8"
    display: ClassVar[tuple[int, Any]] = (-1, None)
    """The number of the last cell with a bar, and the handle of its display."""

    def write(self, text: str) -> None:
        """Shows a line in place of the last one."""
        from IPython import get_ipython
        from IPython.display import display

        content = {"text/plain": text.strip()}
        number = get_ipython().execution_count
        shown_in, handle = NotebookCell.display
        if shown_in == number:
            handle.update(content, raw=True)
        elif text.strip():
            handle = display(content, raw=True, display_id=True)
            NotebookCell.display = number, handle

    def flush(self) -> None:
        """Has nothing to do."""


def is_notebook(stream: Any) -> bool:
    """Returns whether a stream is the output of a Jupyter kernel."""
    modules = [base.__module__ for base in type(stream).__mro__]
    return any(module.startswith("ipykernel") for module in modules)
