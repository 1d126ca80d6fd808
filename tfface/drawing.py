"""Detections drawn on their picture."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tfface.detections import Detection, Detections
from tfface.rgb import Image, to_rgb

_FRAME_COLOUR = (60, 255, 80)
_TEXT_COLOUR = (0, 0, 0)
_FONT = cv2.FONT_HERSHEY_SIMPLEX

_THICKNESS_PER_SIDE = 1 / 240
"""Of the shorter side of the picture: 2 pixels at 640x480."""
_FONT_SCALE_PER_SIDE = 1 / 960
_DARKEST = 0.3

_SMALLEST_FONT_SCALE = 0.4
"""Digits 9 pixels tall; smaller ones cannot be read."""


def draw_detections(image: NDArray, detections: Detections) -> Image:
    """A copy of a picture with a frame around every face and its score beside it.

    Lines and text grow with the picture. Of faces that overlap, the surest is drawn last.

    Args:
        image: a picture as `tfface.rgb.to_rgb` takes it.
        detections: faces in pixels of `image`.

    Returns:
        RGB uint8 `(H, W, 3)` of the same size; `image` stays as it was.
    """
    canvas = np.array(to_rgb(image), order="C", copy=True)
    for detection in reversed(list(detections)):
        _draw_frame(canvas, detection)
        _draw_score(canvas, detection)
    return canvas


def draw_masks(image: NDArray, masks: Sequence[NDArray[np.bool_]]) -> Image:
    """A copy of a picture that is the darker the fewer of the masks keep a pixel.

    Args:
        image: a picture as `tfface.rgb.to_rgb` takes it, `(H, W, 3)`.
        masks: of `FaceDetector.masks`, bool `(H, W)`; at least one.

    Returns:
        RGB uint8 `(H, W, 3)`; what no mask keeps has `_DARKEST` of its brightness.
    """
    kept = np.mean(np.asarray(masks, np.float32), axis=0)[..., None]
    darkened = to_rgb(image) * (_DARKEST + (1.0 - _DARKEST) * kept)
    return np.round(darkened).astype(np.uint8)


def _thickness(canvas: Image) -> int:
    return max(1, round(min(canvas.shape[:2]) * _THICKNESS_PER_SIDE))


def _draw_frame(canvas: Image, detection: Detection) -> None:
    x_min, y_min, x_max, y_max = (round(float(edge)) for edge in detection.box)
    # The box ends where pixel x_max begins, so the last pixel inside is the one before.
    last = (max(x_min, x_max - 1), max(y_min, y_max - 1))
    cv2.rectangle(canvas, (x_min, y_min), last, _FRAME_COLOUR, _thickness(canvas))


def _draw_score(canvas: Image, detection: Detection) -> None:
    """Black digits on a plate above the frame, or inside it where the picture ends."""
    height, width = canvas.shape[:2]
    scale = max(_SMALLEST_FONT_SCALE, min(height, width) * _FONT_SCALE_PER_SIDE)
    text_thickness = max(1, _thickness(canvas) // 2)
    text = f"{detection.score:.2f}"
    (text_width, text_height), _ = cv2.getTextSize(text, _FONT, scale, text_thickness)
    margin = 1 + text_thickness
    plate_width, plate_height = text_width + 2 * margin, text_height + 2 * margin

    x_min, y_min = round(float(detection.box[0])), round(float(detection.box[1]))
    left = max(0, min(x_min, width - plate_width))
    top = y_min - plate_height if y_min >= plate_height else y_min
    top = max(0, min(top, height - plate_height))
    cv2.rectangle(
        canvas,
        (left, top),
        (left + plate_width - 1, top + plate_height - 1),
        _FRAME_COLOUR,
        cv2.FILLED,
    )
    cv2.putText(
        canvas,
        text,
        (left + margin, top + margin + text_height - 1),
        _FONT,
        scale,
        _TEXT_COLOUR,
        text_thickness,
        cv2.LINE_AA,
    )
