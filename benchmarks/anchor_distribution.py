"""Which scales the anchors that train have, for five detectors: Figure 2 of group sampling.

    python -m benchmarks.anchor_distribution --records 'records/train-*.tfrecord' --plot anchors.png

The anchors are counted as the training pipeline gives them, augmented, matched and sampled. FPN and
the others sample as many of all scales together as FPN-finest-sampling of every scale by itself.
"""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np

    from tfface.anchors import scales_of_anchors
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import positive
    from tfface.data.augmentation import Augmentation
    from tfface.data.pipeline import training_batches
    from tfface.detectors.grouped_fpn import SCALES, GroupedFPN, GroupedRecipe
    from tfface.files import atomic_path
    from train.batches import matching_files

DETECTORS: dict[str, tuple[Any, Any]] = {
    "RPN": ("rpn", "random"),
    "FPN": ("fpn", "random"),
    "FPN-finest-stride": ("finest_stride", "random"),
    "FPN-finest": ("finest", "random"),
    "FPN-finest-sampling": ("finest", "group"),
}
"""Variant and sampler of the panels (a) to (e)."""


def count(
    variant: Any, sampler: Any, files: list[str], pictures: int, size: int, samples: int
) -> np.ndarray:
    """Positive and negative anchors of every scale: int `(2, 4)`."""
    detector = GroupedFPN(variant=variant, width=0.125, filters=8)  # its targets are those of any
    detector.adopt(GroupedRecipe(sampler=sampler, group_samples=samples))
    jitter = Augmentation(
        size,
        crop_probability=0.0,
        expansion_probability=0.0,
        jitter_minimum=0.25,
        jitter_maximum=2.0,
        jitter_step=0.25,
    )
    scales = scales_of_anchors(detector.anchor_levels, size, size)
    counts = np.zeros((2, len(SCALES)), np.int64)
    for _, targets in training_batches(files, detector.make_targets, jitter, 1, 0).take(pictures):
        labels = np.asarray(targets["labels"])[0]
        for row, label in enumerate((1, 0)):
            counts[row] += [np.sum(scales[labels == label] == scale) for scale in SCALES]
    return counts


def imbalance(counts: np.ndarray) -> float:
    """How many times as often the most frequent scale is there as the rarest."""
    return float(counts.max() / max(counts.min(), 1))


def plot(panels: dict[str, np.ndarray], path: Path) -> None:
    """Shares of all samples of a detector, by scale: positive ones above negative ones."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4.6), dpi=110, layout="constrained")
    axes = figure.subplots(2, len(panels), sharex=True, sharey="row")
    places = np.arange(len(SCALES))
    for column, (name, counts) in enumerate(panels.items()):
        shares = 100 * counts / counts.sum()
        for row, colour in enumerate(("tab:red", "tab:blue")):
            axes[row, column].bar(places, shares[row], color=colour)
        axes[0, column].set_title(f"({'abcde'[column]}) {name}", fontsize=10)
        axes[1, column].set_xticks(places, [str(scale) for scale in SCALES])
        axes[1, column].set_xlabel("scale, pixels")
    axes[0, 0].set_ylabel("positive, % of samples")
    axes[1, 0].set_ylabel("negative, % of samples")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", required=True, help="TFRecord files; a glob")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--image_size", type=positive, default=1024)
    parser.add_argument("--samples", type=int, default=2048, help="of every scale in a picture")
    parser.add_argument("--plot", type=Path, required=True, help="PNG file")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Counts the anchors of every detector, and draws them."""
    files = matching_files([options.records])
    panels = {}
    for name, (variant, sampler) in DETECTORS.items():
        panels[name] = count(
            variant, sampler, files, options.pictures, options.image_size, options.samples
        )
        positive, negative = panels[name].tolist()
        ratios = " and ".join(f"{imbalance(row):.1f}" for row in panels[name])
        print(f"{name}: positive {positive}, negative {negative}; most over least {ratios}")
    plot(panels, options.plot)


if __name__ == "__main__":
    sys.exit(main())
