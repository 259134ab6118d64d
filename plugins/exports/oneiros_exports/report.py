"""What a user learns about an export."""

from dataclasses import dataclass
from pathlib import Path

from oneiros_exports.destination import Written
from oneiros_exports.replay import Comparison


@dataclass(frozen=True)
class Report:
    """What was written, and how far its outputs are from the model's.

    # Properties
        path: the file or folder.
        size: int, the bytes of it and of files beside it.
        written: `Written`, its inputs and outputs.
        left_out: list of str, the parts of the model that predictions don't need.
        comparison: `Comparison`, the result of the replay.
    """

    path: Path
    size: int
    written: Written
    left_out: list[str]
    comparison: Comparison

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.size:,} bytes, {self.written.summary}"]
        ends = [("input", port) for port in self.written.inputs]
        ends += [("output", port) for port in self.written.outputs]
        for state in self.written.states:
            ends += [("state", state.before), ("after", state.after)]
        width = max((len(port.name) for _, port in ends), default=0)
        for kind, port in ends:
            lines.append(f"{kind:<7} {port.name:<{width}}  {port}")
        lines.append(str(self.comparison))
        if self.left_out:
            lines.append(f"left out: {', '.join(self.left_out)}")
        lines += [f"note: {note}" for note in self.written.notes]
        return "\n".join(lines)


def size_of(path: Path) -> int:
    """Returns the bytes of a file, or of all files in a folder; 0 if there is none."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
