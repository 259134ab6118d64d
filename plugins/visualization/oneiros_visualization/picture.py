"""A figure that notebooks show automatically. Importing this needs matplotlib."""

from io import BytesIO

from matplotlib.figure import Figure

DOTS_PER_INCH = 100
"""Resolution of pictures in notebooks."""


class Picture(Figure):
    """A matplotlib figure without a window.

    It works without a display, and pyplot doesn't keep it alive. A notebook shows it as
    the value of a cell. `savefig(path)` writes it.
    """

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=DOTS_PER_INCH)
        return buffer.getvalue()
