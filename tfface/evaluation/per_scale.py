"""AP of the sub-detector of every scale of anchors: @16, @32 ... (group sampling, section 6.1).

A large face may be found by a small anchor, so that the AP of easy, medium and hard says little
about one scale. Here only the anchors of a scale detect, and what they find is judged on all faces:
none is ignored, however small or unclear. So these numbers are not to be had from predictions of
the whole detector.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from tfface.anchors import scales_of_anchors
from tfface.evaluation.curves import Curve
from tfface.evaluation.runner import detect_pictures
from tfface.evaluation.wider import WiderFaces, evaluate_wider
from tfface.evaluation.wider_files import open_wider
from tfface.predict.face_detector import FaceDetector

ALL = "all"
"""The setting in which every face counts."""

_NEVER = -1e9
"""The logit of an anchor of another scale."""


class LastOutputs:
    """The outputs of a detector, which runs only when it gets another image than the last.

    Args:
        detector: of `tfface.detectors`.
    """

    def __init__(self, detector: Any) -> None:
        self.detector = detector
        self._image: np.ndarray | None = None
        self._outputs: dict[str, Any] = {}

    def __call__(self, image: np.ndarray) -> dict[str, Any]:
        """The outputs for a padded image `(H, W, 3)`."""
        if self._image is None or not np.array_equal(image, self._image):
            self._outputs = self.detector.graphs.outputs(image[None])
            self._image = image
        return self._outputs


class SubDetector:
    """What a Keras detector finds by its anchors of one scale.

    Args:
        detector: of `tfface.detectors`, made of anchors.
        scale: of the anchors, pixels; None for all.
        outputs: shared by the sub-detectors of one detector, so that it runs once for all of them.

    Raises:
        ValueError: no anchor has that scale.
    """

    def __init__(
        self, detector: Any, scale: float | None = None, outputs: LastOutputs | None = None
    ) -> None:
        scales = scales_of(detector)
        if scale is not None and scale not in scales:
            known = ", ".join(f"{each:g}" for each in scales)
            raise ValueError(f"expected a scale of the anchors, {known}, got {scale:g}")
        self.detector = detector
        self.scale = scale
        self.outputs = outputs or LastOutputs(detector)

    def predict_boxes(
        self, image: np.ndarray, score_threshold: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `Detector.predict_boxes`."""
        padded = self.detector.pad(image)
        height, width = padded.shape[:2]
        outputs = self.outputs(padded)
        if self.scale is not None:
            scales = scales_of_anchors(self.detector.anchor_levels, height, width)
            kept = np.where(scales == np.float32(self.scale), np.asarray(outputs["scores"]), _NEVER)
            outputs = {**outputs, "scores": kept.astype(np.float32)}
        return self.detector.faces_of(outputs, height, width, score_threshold)


def scales_of(detector: Any) -> list[float]:
    """The scales of a detector's anchors, rising, pixels."""
    return sorted({scale for level in detector.anchor_levels for scale in level.scales})


def evaluate_all(
    predictions: Mapping[str, np.ndarray], ground_truth: Mapping[str, WiderFaces]
) -> Curve:
    """The curve on all annotated faces; arguments as of `evaluate_wider`."""
    every = {
        name: WiderFaces(faces.boxes, {ALL: np.ones(len(faces.boxes), bool)})
        for name, faces in ground_truth.items()
    }
    return evaluate_wider(predictions, every, settings=(ALL,))[ALL]


def evaluate_by_scale(
    detector: Any,
    dataset_dir: Path,
    long_side: int = 0,
    scale: float = 1.0,
    progress: bool = False,
    done: Callable[[str, Mapping[str, np.ndarray]], None] = lambda name, predictions: None,
) -> dict[str, Curve]:
    """The curves of easy, medium, hard and all, and of every sub-detector on all faces.

    The network runs once for every picture.

    Args:
        detector: of `tfface.detectors`, made of anchors.
        dataset_dir, long_side, scale, progress: as of `tfface.evaluation.runner`.
        done: called with the name and the predictions of each, such as "@16"; of the whole "all".

    Returns:
        By "easy", "medium", "hard", "all", "@16", ...
    """
    wider = open_wider(dataset_dir)
    outputs = LastOutputs(detector)
    finders = {
        ALL if anchors is None else f"@{anchors:g}": FaceDetector.from_model(
            SubDetector(detector, anchors, outputs)
        )
        for anchors in (None, *scales_of(detector))
    }
    found: dict[str, dict[str, np.ndarray]] = {name: {} for name in finders}
    for picture in tqdm(list(wider.ground_truth), unit="picture", disable=not progress):
        for name, finder in finders.items():
            run = detect_pictures(finder, wider.image_root, [picture], long_side, scale)
            found[name] |= run.predictions
    for name, predictions in found.items():
        done(name, predictions)
    return evaluate_wider(found[ALL], wider.ground_truth) | {
        name: evaluate_all(predictions, wider.ground_truth) for name, predictions in found.items()
    }
