"""The picture of `benchmarks.pareto`: a line for each detector, a point for each size."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfface.evaluation.wider import SETTINGS
from tfface.files import atomic_path
from tfface.predict.packages import optional_packages

_STYLES = {"float32": "o-", "dynamic": "v:", "int8": "^--", "(peer)": "s-"}


def plot(rows: Sequence[Mapping[str, Any]], path: Path, setting: str) -> None:
    """Writes a PNG: average precision over milliseconds, a panel for each setting.

    Args:
        rows: with `detector`, whose last word is its precision or `(peer)`, `long side`, `ms`,
            and the average precisions in percent by setting.
        path: of the PNG.
        setting: the conditions, for the title.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    with optional_packages("evaluate"):
        from matplotlib import colormaps
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    names = list(dict.fromkeys(row["detector"] for row in rows))
    ours = list(dict.fromkeys(name.split()[0] for name in names if not name.endswith("(peer)")))
    colours = [colormaps["tab10"](number) for number in range(10)]
    figure = Figure(figsize=(15, 5.5), layout="constrained")
    axes = figure.subplots(1, len(SETTINGS), sharex=True)
    for panel, quantity in zip(axes, SETTINGS, strict=True):
        for name in names:
            model, kind = name.split()
            points = sorted(
                (row["ms"], row[quantity], row["long side"])
                for row in rows
                if row["detector"] == name
            )
            peer = kind == "(peer)"
            panel.plot(
                [ms for ms, _, _ in points],
                [accuracy for _, accuracy, _ in points],
                _STYLES[kind],
                markersize=4,
                color="black" if peer else colours[ours.index(model) % len(colours)],
                alpha=0.5 if peer else 1,
                label=name,
            )
            for ms, accuracy, size in points:
                panel.annotate(str(size), (ms, accuracy), fontsize=5, alpha=0.7)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(ScalarFormatter())
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.tick_params(which="both", labelsize=7)
        panel.set(title=quantity, xlabel="ms, picture to boxes")
        panel.grid(alpha=0.3, which="both")
    axes[0].set_ylabel("average precision, percent")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=7)
    figure.suptitle(f"WIDER FACE validation pictures present; {setting}", fontsize=9)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)
