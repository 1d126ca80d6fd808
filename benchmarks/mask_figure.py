"""The masks of a detector over pictures, beside the masks that it should learn.

    python -m benchmarks.mask_figure runs/uf-ssd/final.keras --mask_threshold 0.1 --plot masks.png

The pictures are two of `examples.own_data`. What few masks of a detector keep is dark, as with
`python -m tfface.detect --show_masks`.
"""

import sys
from argparse import Namespace
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import keras
    import numpy as np
    from matplotlib.figure import Figure

    from examples.own_data import compose
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import between
    from tfface.detectors.loading import load_detector
    from tfface.detectors.masked_detector import MaskedDetector
    from tfface.drawing import draw_masks
    from tfface.files import atomic_path
    from tfface.masks import face_masks, mask_level
    from tfface.matching import FACE

PICTURES = (1, 4)
"""Numbers of `examples.own_data.compose`."""


def true_masks(detector: MaskedDetector, image: np.ndarray, boxes: np.ndarray) -> list[np.ndarray]:
    """What `predict_masks` should return of a picture with these faces `(n, 4)`, in pixels."""
    size = detector.pad(image).shape[:2]
    levels = [mask_level(level, *size) for level in detector.feature_masks.levels]
    kinds = np.full(len(boxes), FACE, np.int32)
    cells = face_masks(np.asarray(boxes, np.float32), kinds, levels)
    is_face = keras.ops.convert_to_numpy(cells) == FACE
    return detector.feature_masks.over_pixels(is_face, size, image.shape[:2])


def with_threshold(detector: MaskedDetector, threshold: float) -> MaskedDetector:
    """The detector with another threshold of its masks."""
    config = {**detector.get_config(), "mask_threshold": threshold}
    changed = type(detector).from_config(config)
    changed.set_weights(detector.get_weights())
    return changed


def draw(detector: MaskedDetector) -> Figure:
    """A row for every picture; true masks beside predicted ones."""
    figure = Figure(figsize=(8, 3 * len(PICTURES)), dpi=90, layout="constrained")
    axes = figure.subplots(len(PICTURES), 2)
    for row, number in zip(axes, PICTURES, strict=True):
        image, boxes = compose(number)
        masks = {
            "ground truth": true_masks(detector, image, np.asarray(boxes)),
            "predicted": detector.predict_masks(image),
        }
        for cell, (title, of_levels) in zip(row, masks.items(), strict=True):
            shares = " ".join(f"{1 - np.mean(mask):.2f}" for mask in of_levels)
            cell.imshow(draw_masks(image, of_levels))
            cell.set_title(f"{title}; left out by map: {shares}", fontsize="small")
            cell.set(xticks=[], yticks=[])
    return figure


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help=".keras file of a detector with masks")
    parser.add_argument(
        "--mask_threshold",
        type=between(0, 1),
        help="keep cells above it (default: as the detector was trained)",
    )
    parser.add_argument("--plot", type=Path, required=True, help="PNG file")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Draws the masks of the model."""
    detector = load_detector(options.model)
    if options.mask_threshold is not None:
        detector = with_threshold(detector, options.mask_threshold)
    figure = draw(detector)
    with atomic_path(options.plot) as temporary:
        figure.savefig(temporary, format="png")


if __name__ == "__main__":
    sys.exit(main())
