"""Compares a converted file with the Keras detector that it was made from, on real pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from convert.faces import Selection
from tfface.boxes import pairwise_iou
from tfface.detect import find_pictures
from tfface.image import Image, read_image
from tfface.predict.placement import place
from tfface.predict.runtime import Faces, Runtime

SAME_FACE_IOU = 0.9
"""Two boxes that overlap by more are one detection, found twice."""

THRESHOLD_MARGIN = 1e-4
"""A detection whose score is so little above the threshold may be below it for the other one."""


class ParityError(ValueError):
    """A converted file that does not find what its detector finds."""


class Reference(Protocol):
    """What a file is compared with: `tfface.detectors.base.Detector`."""

    def predict_boxes(
        self, image: Any, score_threshold: float, iou_threshold: float, candidates: int
    ) -> Faces:
        """Boxes `(n, 4)` in pixels and falling scores `(n,)` of RGB `(H, W, 3)`."""


@dataclass(frozen=True)
class Tolerance:
    """The largest differences that pass; float32 arithmetic in another order stays far below.

    Attributes:
        score: of the score of a detection.
        box: of a coordinate, in pixels.
        unmatched: share of detections that only one of the two has. Two candidates with nearly one
            score may change places, and the suppression then keeps the other one.
    """

    score: float = 1e-3
    box: float = 0.1
    unmatched: float = 0.02


@dataclass(frozen=True)
class Parity:
    """How far a file is from its detector, over all pictures compared.

    Attributes:
        pictures: how many were compared.
        matched: detections that both have.
        unmatched: detections that one of them has, and not just above the score threshold.
        score_difference: the largest of the matched ones.
        box_difference: the largest of their coordinates, in pixels.
    """

    pictures: int
    matched: int
    unmatched: int
    score_difference: float
    box_difference: float

    def check(self, tolerance: Tolerance) -> None:
        """Raises ParityError where a difference is above the tolerance, or nothing was compared."""
        if self.matched + self.unmatched == 0:
            raise ParityError(
                f"expected faces to compare in {self.pictures} pictures, got none; "
                "name pictures with faces by --parity_images"
            )
        share = self.unmatched / (self.matched + self.unmatched)
        if not (
            self.score_difference <= tolerance.score
            and self.box_difference <= tolerance.box
            and share <= tolerance.unmatched
        ):
            raise ParityError(
                f"expected scores within {tolerance.score:g}, boxes within {tolerance.box:g} "
                f"pixels and {tolerance.unmatched:.0%} of detections unmatched at most, got "
                f"{self}; the file was not written"
            )

    def __str__(self) -> str:
        return (
            f"{self.pictures} pictures, {self.matched} detections in both, {self.unmatched} in "
            f"one; largest differences: score {self.score_difference:.1e}, "
            f"box {self.box_difference:.1e} pixels"
        )


def compare(
    runtime: Runtime, detector: Reference, images: Iterable[Image], selection: Selection
) -> Parity:
    """Runs both on every picture; a file of one fixed size gets the pictures scaled to fit.

    Args:
        runtime: the converted file, loaded.
        detector: what it was made from.
        images: RGB uint8 `(H, W, 3)`, of any size.
        selection: the thresholds in the file.
    """
    pairs = []
    for image in images:
        if runtime.fixed_size is not None:
            image = place(image.shape[:2], None, runtime.fixed_size).apply(image)
        expected = _reference(detector, image, selection)
        pairs.append((_with_area(expected), _with_area(runtime.run(image))))
    lowest = selection.score_threshold + THRESHOLD_MARGIN
    matched, unmatched = 0, 0
    score_differences, box_differences = [np.zeros(1)], [np.zeros((1, 4))]
    for (boxes, scores), (other_boxes, other_scores) in pairs:
        mine, theirs = _matches(boxes, other_boxes)
        matched += len(mine)
        unmatched += int((np.delete(scores, mine) > lowest).sum())
        unmatched += int((np.delete(other_scores, theirs) > lowest).sum())
        score_differences.append(np.abs(scores[mine] - other_scores[theirs]))
        box_differences.append(np.abs(boxes[mine] - other_boxes[theirs]))
    return Parity(
        pictures=len(pairs),
        matched=matched,
        unmatched=unmatched,
        score_difference=float(np.concatenate(score_differences).max()),
        box_difference=float(np.concatenate(box_differences).max()),
    )


def _reference(detector: Reference, image: Image, selection: Selection) -> Faces:
    """What the Keras detector finds, cut to the picture as the file does."""
    boxes, scores = detector.predict_boxes(
        image, selection.score_threshold, selection.iou_threshold, selection.candidates
    )
    height, width = image.shape[:2]
    boxes = np.clip(boxes, 0, np.array([width, height, width, height], np.float32))
    return boxes[: selection.max_detections], scores[: selection.max_detections]


def _with_area(faces: Faces) -> Faces:
    """Without the boxes outside of the picture, which have no area once they are cut to it."""
    boxes, scores = faces
    visible = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return boxes[visible], scores[visible]


def _matches(
    boxes: NDArray[np.float32], others: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of detections in both: those that overlap each other most, and nearly entirely."""
    if not len(boxes) or not len(others):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    overlaps = np.asarray(pairwise_iou(boxes, others))
    best, best_of_other = overlaps.argmax(axis=1), overlaps.argmax(axis=0)
    mutual = best_of_other[best] == np.arange(len(best))
    (mine,) = np.nonzero(mutual & (overlaps.max(axis=1) > SAME_FACE_IOU))
    return mine, best[mine]


def pictures_of(folder: str | None) -> list[Image]:
    """The pictures to compare on.

    Args:
        folder: read with all its folders; None takes two pictures in the public domain that other
            packages bring: Eileen Collins of scikit-image and Grace Hopper of Matplotlib.

    Raises:
        ValueError: no pictures there, or one that cannot be read.
    """
    if folder is not None:
        paths: Sequence[Path] = find_pictures([Path(folder)], None) if Path(folder).is_dir() else []
        if not paths:
            raise ValueError(f"expected a folder of pictures for --parity_images, got {folder}")
        return [read_image(path) for path in paths]
    images = [read() for read in (_astronaut, _grace_hopper)]
    found = [image for image in images if image is not None]
    if not found:
        raise ValueError(
            "expected pictures to compare on, got no --parity_images and neither Matplotlib nor "
            "scikit-image, which bring some; name a folder of pictures with faces"
        )
    return found


def _astronaut() -> Image | None:
    try:
        from skimage.data import astronaut
    except ImportError:
        return None
    return astronaut()


def _grace_hopper() -> Image | None:
    try:
        from matplotlib.cbook import get_sample_data
    except ImportError:
        return None
    return read_image(get_sample_data("grace_hopper.jpg", asfileobj=False))
