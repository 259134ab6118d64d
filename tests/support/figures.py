"""What is wrong with a figure at first sight: labels on labels, or cut."""

from itertools import combinations

TOLERANCE = 1.0
"""Pixels that may be shared or cut."""


def faults(figure):
    """Returns what is wrong with a figure's texts, in words."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    hidden = set(_labels_beyond_their_axis(figure))
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible() and text not in hidden
    ]
    width, height = canvas.get_width_height()
    cut = [
        f"{text!r} is cut"
        for text, box in boxes
        if min(box.x0, box.y0) < -TOLERANCE
        or box.x1 > width + TOLERANCE
        or box.y1 > height + TOLERANCE
    ]
    return cut + [
        f"{one!r} lies on {other!r}"
        for (one, box), (other, other_box) in combinations(boxes, 2)
        if _overlap(box, other_box)
    ]


def _labels_beyond_their_axis(figure):
    """Yields the labels that exist and aren't drawn."""
    from matplotlib.axis import Axis

    for axis in figure.findobj(Axis):
        low, high = sorted(axis.get_view_interval())
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
            if not (axis.axes.axison and low <= tick.get_loc() <= high):
                yield from (tick.label1, tick.label2)


def _overlap(box, other):
    width = min(box.x1, other.x1) - max(box.x0, other.x0)
    height = min(box.y1, other.y1) - max(box.y0, other.y0)
    return width > TOLERANCE and height > TOLERANCE
