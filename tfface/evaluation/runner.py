"""Runs a detector over an evaluation set."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

from tfface.evaluation.curves import Curve
from tfface.evaluation.wider import evaluate_wider
from tfface.evaluation.wider_files import open_wider
from tfface.image import read_image
from tfface.predict.placement import LARGEST_SIDE
from tfface.predict.strategy import Strategy

SCORE_THRESHOLD = 0.02
"""Lower scores are left out, as in the evaluations published for RetinaFace and YuNet."""


class PictureDetector(Protocol):
    """What is evaluated: `tfface.FaceDetector` or anything that detects like it."""

    def detect(self, image: np.ndarray, threshold: float, long_side: int | None) -> Any:
        """Detections with `boxes` `(n, 4)` in pixels of `image` `(H, W, 3)` and `scores` `(n,)`."""


@dataclass(frozen=True)
class DetectionRun:
    """Predictions `(n, 5)` by picture, and the seconds each took, without reading its file."""

    predictions: dict[str, np.ndarray]
    seconds: np.ndarray


def long_side_for(image: np.ndarray, long_side: int | None, scale: float) -> int | None:
    """The long side in pixels to detect `image` at; 0 for its own size, None for the default.

    Args:
        image: `(H, W, 3)`.
        long_side: fixed long side, None for the detector's default, or 0 for that of the picture
            times `scale`.
        scale: factor of the picture's own size, above 0.
    """
    if long_side != 0 or scale == 1:
        return long_side
    return min(max(1, round(scale * max(image.shape[:2]))), LARGEST_SIDE)


def detect_pictures(
    detector: PictureDetector,
    image_root: Path,
    names: Iterable[str],
    long_side: int | None = 0,
    scale: float = 1.0,
    threshold: float = SCORE_THRESHOLD,
    progress: bool = False,
    strategy: Strategy | None = None,
) -> DetectionRun:
    """Detects in every picture `image_root/NAME`; see `evaluate_detector` for the arguments.

    With a strategy, which a `tfface.FaceDetector` alone takes, `long_side` and `scale` do nothing.

    Raises:
        tfface.image.ImageReadError: a picture cannot be read. It is not passed over, for that would
            change the result.
    """
    predictions, seconds = {}, []
    for name in tqdm(list(names), desc="detect", unit="picture", disable=not progress):
        image = read_image(image_root / name)
        begin = time.perf_counter()
        how: dict[str, Any] = {"long_side": long_side_for(image, long_side, scale)}
        detections = detector.detect(
            image, threshold=threshold, **({"strategy": strategy} if strategy else how)
        )
        seconds.append(time.perf_counter() - begin)
        predictions[name] = np.concatenate(
            [np.reshape(detections.boxes, (-1, 4)), np.reshape(detections.scores, (-1, 1))], axis=1
        )
    return DetectionRun(predictions, np.array(seconds))


def evaluate_detector(
    detector: PictureDetector,
    dataset_dir: Path,
    long_side: int = 0,
    scale: float = 1.0,
    threshold: float = SCORE_THRESHOLD,
    progress: bool = False,
) -> dict[str, Curve]:
    """The official WIDER FACE curves of a detector on the validation pictures present.

    Args:
        detector: a `tfface.FaceDetector` or anything that detects like it.
        dataset_dir: see `open_wider`.
        long_side: pictures are resized, also up, so that their long side has so many pixels; 0
            keeps their own size.
        scale: pictures are resized by this factor; only used where `long_side` is 0.
        threshold: detections of a lower score are left out.
        progress: shows a bar on the standard error.

    Returns:
        `{"easy": Curve, "medium": Curve, "hard": Curve}`.
    """
    wider = open_wider(dataset_dir)
    run = detect_pictures(
        detector, wider.image_root, wider.ground_truth, long_side, scale, threshold, progress
    )
    return evaluate_wider(run.predictions, wider.ground_truth)
