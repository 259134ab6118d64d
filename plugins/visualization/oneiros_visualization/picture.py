"""A figure that notebooks show by itself. Importing this needs matplotlib."""

from io import BytesIO

from matplotlib.figure import Figure

DOTS_PER_INCH = 100
"""Of the pictures in notebooks."""


class Picture(Figure):
    """A figure of matplotlib that belongs to no window.

    It needs no screen and nothing keeps it alive; a notebook shows it as the value of a
    cell. `savefig(path)` writes it.
    """

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
        return buffer.getvalue()
