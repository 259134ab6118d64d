"""The text of a progress bar, adapted to the place where it is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

SHORTEST_BAR = 10
STEP = "/step"
EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True)
class Progress:
    """The state that a progress bar shows.

    # Properties
        done: int, the finished steps.
        target: int, the number of steps; -1 if unknown.
        values: list of texts such as `loss: 0.1234`.
        seconds: float, the elapsed time.
        remaining: float, the estimated remaining seconds; None if unknown.
        per_batch: float, seconds per batch; None if unknown.
        note: str, what is happening instead of steps; may be empty.
        ended: bool, whether this is the end.
        title: str, what the steps belong to; shown if no line above shows it.
    """

    done: int
    target: int
    values: list[str]
    seconds: float
    remaining: float | None = None
    per_batch: float | None = None
    note: str = ""
    ended: bool = False
    title: str = ""


def plain(progress: Progress, width: int) -> str:
    """Returns the line in the format of Keras 1, which programs parse.

    # Arguments
        width: int, characters of the bar.
    """
    clock = f"{progress.seconds:.0f}s"
    if not progress.ended:
        clock = f"ETA: {progress.remaining or 0:.0f}s"
    count = _count(progress)
    if progress.target > 0:
        count += f" [{_ascii_bar(progress, width)}]"
    return _joined([count, clock, *progress.values])


def summary(progress: Progress) -> str:
    """Returns the line of Keras 1 for `verbose=2`, without a bar."""
    return _joined([f"{progress.seconds:.0f}s", *progress.values])


def drawn(progress: Progress, width: int, columns: int, unicode: bool) -> str:
    """Returns a line that is redrawn in place.

    If it gets too long, the bar gets shorter, then values are left out. The final line
    shows all of them, on several lines if needed.

    # Arguments
        width: int, characters of the bar.
        columns: int, the available characters.
        unicode: bool, whether non-ASCII characters are allowed.
    """
    count, *others = parts(progress)
    room = columns - len(_joined([count, *others])) - len(" []")
    bar = ""
    if progress.target > 0:
        bar = _fitting_bar(progress, width, columns - len(count), room, unicode)
    if progress.ended:
        return _wrapped([count + bar, *others], columns, len(count))
    return _cut([count + bar, *others], columns, " …" if unicode else " ...")


def parts(progress: Progress) -> list[str]:
    """Returns the parts of a bar: the count, the times, the values."""
    times = [_clock(progress)]
    if progress.per_batch is not None:
        times.append(pace(progress.per_batch) + STEP)
    return [_count(progress), *filter(None, times), *progress.values]


def _fitting_bar(
    progress: Progress, width: int, columns: int, room: int, unicode: bool
) -> str:
    """Returns a bar as wide as it may be, or nothing where it has no place.

    # Arguments
        width: int, the widest.
        columns: int, how many characters fit beside the count.
        room: int, how many characters the parts leave; those of the end may wrap.
    """
    if room < SHORTEST_BAR:
        room = width if progress.ended else SHORTEST_BAR
    width = min(width, room)
    if width + len(" []") >= columns:
        return ""
    bar = _smooth_bar if unicode else _ascii_bar
    return f" [{bar(progress, width)}]"


def _cut(texts: list[str], columns: int, ellipsis: str) -> str:
    """Returns as many of the texts as fit: whole ones, so that no number misleads.

    The time of a step is the first to go.
    """
    line = _joined(texts)
    if len(line) > columns:
        texts = [text for text in texts if not text.endswith(STEP)]
        line = _joined(texts)
    while len(texts) > 1 and len(line) > columns:
        texts = texts[:-1]
        line = _joined(texts) + ellipsis
    return line[:columns]


def _wrapped(texts: list[str], columns: int, indentation: int) -> str:
    """Returns all the texts, on as many lines as they need."""
    line, *others = texts
    for text in others:
        if len(line) - line.rfind("\n") + len(text) + len(" - ") > columns:
            line += "\n" + " " * indentation
        line += f" - {text}"
    return line


def _joined(texts: list[str]) -> str:
    return " - ".join(texts)


def _count(progress: Progress) -> str:
    if progress.target < 0:
        return str(progress.done)
    digits = len(str(progress.target))
    return f"{progress.done:{digits}d}/{progress.target}"


def _clock(progress: Progress) -> str:
    if progress.note:
        return progress.note
    if progress.ended or progress.target < 0:
        return duration(progress.seconds)
    if progress.remaining is None:
        return ""
    return f"ETA: {clock(math.ceil(progress.remaining))}"


def _fraction(progress: Progress) -> float:
    return min(1.0, progress.done / progress.target)


def _ascii_bar(progress: Progress, width: int) -> str:
    """Returns a bar such as `=====>....`."""
    filled = int(width * _fraction(progress))
    bar = "=" * filled
    if 0 < filled < width:
        bar = bar[:-1] + ">"
    return bar.ljust(width, ".")


def _smooth_bar(progress: Progress, width: int) -> str:
    """Returns a bar of blocks, the last of which may be part of one."""
    filled, eighths = divmod(int(8 * width * _fraction(progress)), 8)
    bar = "█" * filled
    if eighths:
        bar += EIGHTHS[eighths]
    return bar.ljust(width)


def value(name: str, mean: float) -> str:
    """Returns a value as Keras 1 writes it: `loss: 0.1234`, `lr: 1.0000e-05`."""
    is_small = 0 < abs(mean) <= 1e-3
    return f"{name}: {mean:.4e}" if is_small else f"{name}: {mean:.4f}"


def duration(seconds: float) -> str:
    """Returns a time as `380ms`, `4.2s`, `41s`, `2m 05s` or `1h 02m`."""
    if seconds < 1:
        return f"{1e3 * seconds:.0f}ms"
    if seconds < 10:
        return f"{seconds:.1f}s"
    return clock(round(seconds))


def clock(seconds: int) -> str:
    """Returns a time in whole seconds as `41s`, `2m 05s` or `1h 02m`."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m"
    if minutes:
        return f"{minutes}m {seconds:02d}s"
    return f"{seconds}s"


def pace(seconds: float) -> str:
    """Returns the time of a batch as `85us`, `1.4ms`, `23ms` or `1.2s`."""
    if seconds < 1e-3:
        return f"{1e6 * seconds:.0f}us"
    if seconds < 1e-2:
        return f"{1e3 * seconds:.1f}ms"
    return duration(seconds)
