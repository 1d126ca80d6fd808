"""The charts of a report, as SVG to stand in a page."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfface.evaluation.coco import RECALLS, CocoResult
from tfface.evaluation.curves import Curve
from tfface.evaluation.fddb import FALSE_POSITIVES, FddbCurve
from tfface.evaluation.presentation import legend_name, per_cent
from tfface.evaluation.report.breakdown import BINS, ClassResult, Reliability
from tfface.evaluation.report.faces import CLASSES
from tfface.predict.packages import optional_packages

with optional_packages("evaluate"):
    from matplotlib import colormaps, rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def colours_of(names: Sequence[str]) -> dict[str, str]:
    """A colour for every detector, as HTML writes it; the eleventh has that of the first."""
    colours = colormaps["tab10"].colors  # type: ignore[attr-defined]
    return {
        name: "#" + "".join(f"{round(255 * part):02x}" for part in colours[place % len(colours)])
        for place, name in enumerate(names)
    }


def curves_chart(results: Mapping[str, Mapping[str, Any]], colours: Mapping[str, str]) -> str:
    """The curves of all detectors over each other, a panel for each curve that a protocol has."""
    panels = list(next(iter(results.values())))
    figure = Figure(figsize=(4.4 * len(panels), 4.2), layout="constrained")
    for place, panel in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), place + 1)
        for name, curves in results.items():
            _draw_curve(axes, curves[panel], legend_name(name), colours[name])
        axes.set_title(panel)
        axes.grid(alpha=0.3)
        with rc_context({"text.parse_math": False}):  # A dollar in a name begins no formula.
            axes.legend(loc="lower right" if isinstance(curves[panel], FddbCurve) else "lower left")
    return to_svg(figure)


def _draw_curve(axes: Axes, curve: Any, name: str, colour: str) -> None:
    if isinstance(curve, Curve):
        drawn = curve.precision > 0
        label = f"{name} {per_cent(curve.average_precision)}"
        axes.plot(curve.recall[drawn], curve.precision[drawn], label=label, color=colour)
        axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    elif isinstance(curve, FddbCurve):
        end = FALSE_POSITIVES[0]
        label = f"{name} {per_cent(curve.rate_at(end))}"
        rates = curve.true_positives / max(curve.faces, 1)
        axes.plot(curve.false_positives, rates, label=label, color=colour)
        axes.set(xlabel="false positives", ylabel="true positive rate", xlim=(0, end))
        axes.set_ylim(0, 1.02)
    elif isinstance(curve, CocoResult):
        label = f"{name} {per_cent(curve.at(0.5))}"
        axes.plot(RECALLS, curve.precision[0], label=label, color=colour)
        axes.set(xlabel="recall", ylabel="precision, IoU 0.5", xlim=(0, 1), ylim=(0, 1.02))
    else:
        raise TypeError(
            f"expected a curve of WIDER FACE, FDDB or own data, got {type(curve).__name__}"
        )


def classes_chart(
    results: Mapping[str, Mapping[str, Sequence[ClassResult]]], colours: Mapping[str, str]
) -> str:
    """Average precision above recall by class of face: a column of panels for each attribute.

    Args:
        results: by detector, then by attribute, in the order of its classes.
        colours: by detector.
    """
    attributes = list(next(iter(results.values())))
    widths = [len(CLASSES[attribute]) for attribute in attributes]
    figure = Figure(figsize=(2 + 0.95 * sum(widths), 5.6), layout="constrained")
    grid = figure.subplots(2, len(attributes), squeeze=False, sharey="row", width_ratios=widths)
    for column, attribute in enumerate(attributes):
        for row, quantity in enumerate(("average_precision", "recall")):
            axes = grid[row, column]
            for place, (name, by_attribute) in enumerate(results.items()):
                width = 0.8 / len(results)
                values = [100 * getattr(result, quantity) for result in by_attribute[attribute]]
                x = np.arange(len(values)) + width * (place + 0.5) - 0.4
                axes.bar(x, values, width, color=colours[name], label=name)
            axes.set_xticks(range(len(CLASSES[attribute])), CLASSES[attribute], rotation=25)
            axes.tick_params(axis="x", labelsize=8)
            axes.set_ylim(0, 100)
            axes.grid(axis="y", alpha=0.3)
        grid[0, column].set_title(attribute)
    grid[0, 0].set_ylabel("average precision, %")
    grid[1, 0].set_ylabel("recall, %")
    return to_svg(figure)


def reliability_chart(results: Mapping[str, Reliability], colours: Mapping[str, str]) -> str:
    """How often detections are right by their score, and beside it how many there are."""
    figure = Figure(figsize=(12.5, 4.2), layout="constrained")
    diagram, numbers = figure.subplots(1, 2)
    diagram.plot([0, 1], [0, 1], color="grey", linestyle="--", linewidth=1)
    middles = (np.arange(BINS) + 0.5) / BINS
    for name, result in results.items():
        filled = result.detections > 0
        label = f"{legend_name(name)}, error {per_cent(result.error)} %"
        diagram.plot(
            result.scores[filled], result.precision[filled], "o-", label=label, color=colours[name]
        )
        numbers.plot(middles, np.maximum(result.detections, 0.5), "o-", color=colours[name])
    diagram.set(xlabel="score", ylabel="part that is right", xlim=(0, 1), ylim=(0, 1.02))
    numbers.set(xlabel="score", ylabel="detections", yscale="log", xlim=(0, 1))
    for axes in (diagram, numbers):
        axes.grid(alpha=0.3)
    with rc_context({"text.parse_math": False}):
        figure.legend(*diagram.get_legend_handles_labels(), loc="outside right center")
    return to_svg(figure)


def to_svg(figure: Figure) -> str:
    """The figure as an `<svg>` element that fills the width it has."""
    text = io.StringIO()
    with rc_context({"svg.fonttype": "none"}):  # Text as text, not as outlines.
        figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]
