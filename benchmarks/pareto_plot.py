"""The picture of `benchmarks.pareto`: a line for each detector, a point for each size."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfface.evaluation.wider import SETTINGS
from tfface.files import atomic_path
from tfface.predict.packages import optional_packages

_PEER = "(peer)"

_LOOKS: Mapping[str, dict[str, Any]] = {
    "int8": {"linestyle": "-", "marker": "o", "markersize": 5, "linewidth": 2},
    "float32": {"linestyle": ":", "marker": ".", "markersize": 4, "linewidth": 1, "alpha": 0.6},
    _PEER: {"linestyle": "-", "marker": "s", "markersize": 4, "linewidth": 1, "color": "0.55"},
}
"""Of a preset dynamic, which lies between the two, would make the plot hard to read."""

_BESIDE: Mapping[str, Any] = {"textcoords": "offset points", "annotation_clip": True}
"""How numbers and names stand beside their point."""


def plot(rows: Sequence[Mapping[str, Any]], path: Path, setting: str) -> None:
    """Writes a PNG: average precision over milliseconds, a panel for each setting.

    Args:
        rows: with `detector`, whose last word is its precision or `(peer)`, `long side`, `ms`,
            and the average precisions in percent by setting. Of precisions int8 and float32 are
            drawn.
        path: of the PNG.
        setting: the conditions, for the title.

    Raises:
        ImportError: Matplotlib is not installed.
    """
    with optional_packages("evaluate"):
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    figure = Figure(figsize=(14, 5), layout="constrained")
    axes = figure.subplots(1, len(SETTINGS), sharex=True)
    for panel, quantity in zip(axes, SETTINGS, strict=True):
        _draw(panel, rows, quantity)
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter(ScalarFormatter())
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.xaxis.set_minor_formatter(NullFormatter())
        panel.margins(x=0.12)
        panel.set(title=quantity, xlabel="ms, picture to boxes")
        panel.grid(alpha=0.3)
    axes[0].set_ylabel("average precision, percent")
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=8, fontsize="small")
    figure.suptitle(
        f"WIDER FACE validation pictures present; numbers: long side, pixels; {setting}",
        fontsize="medium",
    )
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def _draw(panel: Any, rows: Sequence[Mapping[str, Any]], quantity: str) -> None:
    """The lines of a panel: presets in colour, peers in grey with their names beside them."""
    names = list(dict.fromkeys(row["detector"] for row in rows))
    ours = list(dict.fromkeys(name.split()[0] for name in names if not name.endswith(_PEER)))
    for name in names:
        model, kind = name.split()
        if kind not in _LOOKS:
            continue
        points = sorted(
            (row["ms"], row[quantity], row["long side"]) for row in rows if row["detector"] == name
        )
        is_peer = kind == _PEER
        own = {} if is_peer else {"color": f"C{ours.index(model)}", "label": name}
        panel.plot(
            [ms for ms, _, _ in points],
            [percent for _, percent, _ in points],
            **_LOOKS[kind],
            **own,
        )
        if kind == "int8":
            for ms, percent, size in points:
                panel.annotate(str(size), (ms, percent), (3, -7), fontsize=6, **_BESIDE)
        if is_peer:
            ms, percent, _ = points[-1]
            panel.annotate(model, (ms, percent), (4, 2), fontsize=6, color="0.35", **_BESIDE)
