"""Results as people see them: a table of text, and lines in a PNG file."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tfface.files import atomic_path
from tfface.predict.packages import optional_packages

_NARROWEST = 5
"""Letters of a column of numbers: 100.0."""


def text_table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lines of text: the first column begins at the left, the others end at the right."""
    lines = [heading, *([str(cell) for cell in row] for row in rows)]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    widths = [max(width, _NARROWEST) for width in others]
    return "\n".join(
        "  ".join([line[0].ljust(first), *map(str.rjust, line[1:], widths)]) for line in lines
    )


def per_cent(part: float) -> str:
    """A part of 1 in per cent, with one decimal; a dash for `nan`, which is undefined."""
    return "-" if np.isnan(part) else f"{100 * part:.1f}"


class Line(NamedTuple):
    """A line of a plot: its name, and x and y of its points."""

    label: str
    x: np.ndarray
    y: np.ndarray


def legend_name(name: str) -> str:
    """A name that Matplotlib shows in a legend: what begins with `_` it leaves out."""
    return f" {name}" if name.startswith("_") else name


def plot_lines(
    path: Path,
    title: str,
    lines: Iterable[Line],
    x_label: str = "recall",
    y_label: str = "precision",
    legend: str = "average precision, %",
    x_end: float = 1,
) -> None:
    """Draws lines into a PNG file, x from 0 to `x_end` and y from 0 to 1; there may be none."""
    with optional_packages("evaluate"):
        from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 5.2), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for line in lines:
        axes.plot(line.x, line.y, label=line.label)
    axes.set(xlabel=x_label, ylabel=y_label, xlim=(0, x_end), ylim=(0, 1.02))
    # A dollar in the name of a file begins no formula.
    axes.set_title(title, fontsize="medium", parse_math=False)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(title=legend, loc="lower left" if x_end == 1 else "lower right")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
