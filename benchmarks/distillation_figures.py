"""Figures 3 and 5 of kd_fbi: the threshold functions, and what teacher and students see.

    python -m benchmarks.distillation_figures --image PICTURE --teacher fbi-1 \\
        --student runs/distillation/GT-0/final.keras \\
        --distilled runs/distillation/adaptive-beta-6.4-0/final.keras --output figures

writes `thresholds.png` and `maps.png`: the classification maps of one anchor a level.
"""

import sys
from argparse import Namespace
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import cv2
    import keras
    import numpy as np
    from matplotlib.figure import Figure

    import tfface
    from tfface.anchors import level_anchors
    from tfface.command_line import CommandParser, run_command
    from tfface.detectors.base import Detector
    from tfface.detectors.loading import load_detector
    from tfface.files import atomic_path
    from tfface.losses.distillation import score_threshold

BETAS = (2.0, 3.2, 4.8, 6.4)
"""Some of Table 2; the paper does not name the curves of figure 3(b)."""


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--image", type=Path, required=True, help="picture to look at")
    parser.add_argument("--teacher", required=True, help="preset or .keras file")
    parser.add_argument("--student", required=True, help="the same, trained on labels alone")
    parser.add_argument("--distilled", required=True, help="the same, trained with the teacher")
    parser.add_argument("--long_side", type=int, default=640, help="pixels")
    parser.add_argument("--output", type=Path, default=Path("figures"), help="folder")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Draws both figures."""
    save(threshold_figure(), options.output / "thresholds.png")
    models = {
        title: load_detector(name)
        for title, name in (
            ("teacher", options.teacher),
            ("student, labels alone", options.student),
            ("student, distilled", options.distilled),
        )
    }
    image = picture(options.image, options.long_side)
    save(map_figure(image, models), options.output / "maps.png")


def picture(path: Path, long_side: int) -> np.ndarray:
    """The picture, resized, and cut so that both sides are multiples of 128."""
    image = tfface.read_image(path)
    factor = long_side / max(image.shape[:2])
    image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    height, width = (side // 128 * 128 for side in image.shape[:2])
    if not (height and width):
        raise ValueError(
            f"expected a picture of 128 pixels or more on both sides, got {path} with "
            f"{image.shape[1]}x{image.shape[0]} at a long side of {long_side}; give a larger one"
        )
    return image[:height, :width]


def threshold_figure() -> Figure:
    """Figure 3(b): the threshold by the teacher's score, for several beta and gamma 3.2."""
    figure = Figure(figsize=(6.4, 4.2), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    scores = np.linspace(0, 1, 501, dtype=np.float32)
    for beta in BETAS:
        threshold = keras.ops.convert_to_numpy(score_threshold(scores, beta))
        axes.plot(scores, threshold, label=f"beta {beta:g}")
    axes.axhline(0.1, color="grey", linestyle="dashed", label="constant 0.1")
    axes.set(xlabel="score of the teacher", ylabel="threshold", xlim=(0, 1), ylim=(0, None))
    axes.legend()
    return figure


def map_figure(image: np.ndarray, models: dict[str, Detector]) -> Figure:
    """Figure 5: a row for every level with more than one cell, a column for every model."""
    maps = {title: classification_maps(model, image) for title, model in models.items()}
    strides = list(next(iter(maps.values())))
    shape = (len(strides), len(models) + 1)
    figure = Figure(figsize=(3.2 * shape[1], 2.6 * shape[0]), dpi=100, layout="constrained")
    axes = figure.subplots(*shape, squeeze=False)
    for row, stride in zip(axes, strides, strict=True):
        row[0].imshow(image)
        row[0].set_ylabel(f"stride {stride}")
        for cell, (title, levels) in zip(row[1:], maps.items(), strict=True):
            cell.imshow(levels[stride], vmin=0, vmax=1, cmap="magma")
            cell.set_title(title, fontsize="small")
        for cell in row:
            cell.set(xticks=[], yticks=[])
    return figure


def classification_maps(model: Detector, image: np.ndarray) -> dict[int, np.ndarray]:
    """Score of the first anchor of every cell, `(rows, columns)` by stride."""
    scores = keras.ops.convert_to_numpy(keras.ops.sigmoid(model(image[None])["scores"]))[0]
    maps, start = {}, 0
    for level in model.anchor_levels:
        count = len(level_anchors(level, *image.shape[:2]))
        grid = level.grid_shape(*image.shape[:2])
        maps[level.stride] = scores[start : start + count].reshape(*grid, -1)[..., 0]
        start += count
    return maps


def save(figure: Figure, path: Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")


if __name__ == "__main__":
    sys.exit(main())
