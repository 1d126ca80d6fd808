"""Validation while training: average precision on held-out pictures, and the best weights."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np

from tfface.data.records import Record, decode_picture
from tfface.detections import Detections
from tfface.detectors.base import Detector
from tfface.detectors.loading import save_detector
from tfface.drawing import draw_detections
from tfface.evaluation.wider import SETTINGS, WiderFaces, evaluate_wider
from tfface.files import write_json
from train.moving_average import averaged_weights
from train.steps import steps_done
from train.tensorboard import EventLog

SMALLEST_FACES = dict(zip(SETTINGS, (32.0, 16.0, 6.0), strict=True))
"""Longer side, in pixels of the reduced picture, from which a face counts in each setting."""

PICTURES_SHOWN = 4


class Validation(keras.callbacks.Callback):
    """Measures the model on pictures it does not train on and keeps its best weights.

    Where the optimiser keeps a moving average of the weights, they are what is measured and kept.

    The rules are those of the WIDER protocol with other settings: a face counts in "easy", "medium"
    and "hard" by its size (`SMALLEST_FACES`). So the numbers compare runs on the same records; they
    are not the ones of WIDER FACE.

    Args:
        detector: what is measured and saved; what is trained may be its distiller.
        records: held-out pictures.
        side: their long side is made this many pixels; a multiple of 32.
        every: epochs between two validations; the last epoch is always validated.
        last_epoch: number of epochs of the run.
        log: for the curves and pictures.
        best: `.keras` file of the detector with the best mean of the settings that have faces. What
            it reached stands beside it in a `.json` file, which a run that goes on compares with
            where it measures the same faces; and the last step that it was compared with.
        batch_size: pictures that are detected in at once.

    Raises:
        ValueError: no record, a picture that cannot be decoded, or no face that counts.
    """

    def __init__(
        self,
        detector: Detector,
        records: Iterable[Record],
        side: int,
        every: int,
        last_epoch: int,
        log: EventLog,
        best: Path,
        batch_size: int = 16,
    ):
        super().__init__()
        self.detector = detector
        self.every = every
        self.last_epoch = last_epoch
        self.log = log
        self.best = best
        self.batch_size = batch_size
        pictures = [reduce_record(record, side) for record in records]
        if not any(faces.counted["hard"].any() for _, faces in pictures):
            raise ValueError(
                f"Expected validation records with faces of {SMALLEST_FACES['hard']:.0f} pixels or "
                f"more, got {len(pictures)} pictures without any. Give other --validation_records, "
                "or a larger --validation_side."
            )
        self.images = np.stack([image for image, _ in pictures])
        self.faces = {str(index): faces for index, (_, faces) in enumerate(pictures)}
        boxes = b"".join(faces.boxes.tobytes() for faces in self.faces.values())
        self.digest = hashlib.sha256(boxes).hexdigest()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if (epoch + 1) % self.every and epoch + 1 != self.last_epoch:
            return
        with averaged_weights(self.model):
            self._validate()

    def _validate(self) -> None:
        detections = self._detect()
        curves = evaluate_wider(
            {
                str(index): np.column_stack([found.boxes, found.scores])
                for index, found in enumerate(detections)
            },
            self.faces,
        )
        areas = {
            name: 100.0 * curve.average_precision for name, curve in curves.items() if curve.faces
        }
        step = steps_done(self.model)
        self._show(step, areas, detections)
        self._keep_best(step, areas)

    def _show(self, step: int, areas: dict[str, float], detections: list[Detections]) -> None:
        self.log.scalars(step, {f"validation/{name}": area for name, area in areas.items()})
        for index in range(min(PICTURES_SHOWN, len(self.images))):
            drawn = draw_detections(self.images[index], _confident(detections[index]))
            self.log.picture(step, f"validation/picture_{index}", drawn)
        text = "  ".join(f"{name} {area:.1f}" for name, area in areas.items())
        print(f"\nstep {step}: validation AP  {text}", flush=True)

    def _keep_best(self, step: int, areas: dict[str, float]) -> None:
        score = float(np.mean(list(areas.values())))
        record = self.best.with_suffix(".json")
        best = json.loads(record.read_text()) if record.exists() else {}
        if best.get("faces") != self.digest or score > best["score"]:
            save_detector(self.detector, self.best)
            best = {"step": step, "score": score, **areas, "faces": self.digest}
        write_json(record, {**best, "compared": step})

    def _detect(self) -> list[Detections]:
        height, width = self.images.shape[1:3]
        detections: list[Detections] = []
        for start in range(0, len(self.images), self.batch_size):
            images = self.images[start : start + self.batch_size]
            padding = self.batch_size - len(images)
            outputs = self.model.predict_on_batch(np.pad(images, ((0, padding), *[(0, 0)] * 3)))
            faces = self.detector.select(outputs, height, width, 0.02)
            detections += [Detections(*of_one) for of_one in faces[: len(images)]]
        return detections


def reduce_record(record: Record, side: int) -> tuple[np.ndarray, WiderFaces]:
    """The picture of a record, its long side made `side`, in the corner of a square; its faces."""
    image = decode_picture(record)
    factor = side / max(image.shape[:2])
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    reduced = cv2.resize(image, None, fx=factor, fy=factor, interpolation=interpolation)
    canvas = np.zeros((side, side, 3), np.uint8)
    reduced = reduced[:side, :side]
    canvas[: reduced.shape[0], : reduced.shape[1]] = reduced
    boxes = record.boxes * factor
    longer = np.max(boxes[:, 2:] - boxes[:, :2], axis=1, initial=0.0)
    counted = {
        name: ~record.ignored & (longer >= smallest) for name, smallest in SMALLEST_FACES.items()
    }
    return canvas, WiderFaces(boxes, counted)


def _confident(detections: Detections, threshold: float = 0.4) -> Detections:
    keep = detections.scores >= threshold
    return Detections(detections.boxes[keep], detections.scores[keep])
