"""Scores of positives and negatives by scale, as in Figure 5 of RefineFace.

    python -m benchmarks.refineface_figure runs/refineface-study/baseline-0 \\
        runs/refineface-study/+SML-0 --data DIR --plot scales.png

Each folder is a run that `python -m benchmarks.refineface measure` has measured, and a panel.
"""

import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from tfface.command_line import CommandParser, run_command
    from tfface.evaluation.wider import match, overlaps
    from tfface.evaluation.wider_files import open_wider
    from tfface.files import atomic_path


def by_scale(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale in pixels, logit, and whether it is a face that counts, of every detection."""
    scales, logits, positive = [], [], []
    for name, rows in predictions.items():
        faces = ground_truth[name]
        if not len(rows) or not len(faces.boxes):
            continue
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        proposals, found = match(overlaps(rows[:, :4], faces.boxes), faces.counted["hard"])
        kept = rows[proposals].astype(np.float64)
        sides = np.maximum(kept[:, 2:4] - kept[:, :2], 1e-3)
        scores = np.clip(kept[:, 4], 1e-6, 1 - 1e-6)
        scales.append(np.sqrt(np.prod(sides, axis=1)))
        logits.append(np.log(scores / (1 - scores)))
        positive.append(found[proposals])
    return np.concatenate(scales), np.concatenate(logits), np.concatenate(positive)


def mixed_share(scales: np.ndarray, logits: np.ndarray, positive: np.ndarray) -> list[float]:
    """For scales below 16, 32, 64 pixels and above: the share that the best threshold has wrong."""
    shares = []
    for low, high in ((0, 16), (16, 32), (32, 64), (64, np.inf)):
        inside = (scales >= low) & (scales < high)
        order = np.argsort(-logits[inside])
        right = positive[inside][order]
        wrong = np.cumsum(~right) + right.sum() - np.cumsum(right)
        smallest = min(wrong.min(initial=right.sum()), right.sum())
        shares.append(float(smallest / max(inside.sum(), 1)))
    return shares


def plot(panels: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], path: Path) -> None:
    """A panel for every run: red for faces, blue for what is none."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * len(panels), 4.2), dpi=120, layout="constrained")
    axes = np.ravel(figure.subplots(1, len(panels), sharex=True, sharey=True))
    for panel, (name, (scales, logits, positive)) in zip(axes, panels.items(), strict=True):
        for is_face, colour in ((False, "tab:blue"), (True, "tab:red")):
            chosen = positive == is_face
            panel.plot(logits[chosen], scales[chosen], ".", color=colour, markersize=2, alpha=0.3)
        panel.set_yscale("log")
        panel.set_title(name)
        panel.set_xlabel("score before the sigmoid")
    axes[0].set_ylabel("scale, pixels")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, help="folders with predictions.npz")
    parser.add_argument("--data", type=Path, required=True, help="folder of WIDER FACE")
    parser.add_argument("--plot", type=Path, required=True, help="PNG file")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Prints what the best thresholds have wrong, and draws the panels."""
    ground_truth = open_wider(options.data).ground_truth
    panels = {}
    for folder in options.runs:
        with np.load(folder / "predictions.npz") as predictions:
            panels[folder.name] = by_scale(dict(predictions), ground_truth)
        shares = ", ".join(f"{100 * share:.1f}" for share in mixed_share(*panels[folder.name]))
        print(f"{folder.name}: wrong at the best threshold below 16, 32, 64 and above: {shares} %")
    plot(panels, options.plot)


if __name__ == "__main__":
    sys.exit(main())
