"""From the network's maps to the faces of a picture, as part of an exported graph."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfface.anchors import AnchorLevel
from tfface.boxes import clip, decode
from tfface.predict import suppression

_LEAST_DIFFERENCE = -80.0
"""Logit difference for a score threshold of 0; `exp(80)` is still a float32."""


@dataclass(frozen=True)
class Selection:
    """Which candidates become faces.

    Attributes:
        score_threshold: only candidates above it are faces; at least 0 and below 1.
        iou_threshold: overlap above which the lower of two candidates is dropped, in 0..1.
        candidates: the most candidates that are decoded and compared.
        max_detections: the most faces of a picture.

    Raises:
        ValueError: a number outside its range.
    """

    score_threshold: float = suppression.SCORE_THRESHOLD
    iou_threshold: float = suppression.IOU_THRESHOLD
    candidates: int = suppression.CANDIDATES
    max_detections: int = suppression.MAX_DETECTIONS

    def __post_init__(self) -> None:
        if not 0 <= self.score_threshold < 1:
            raise ValueError(
                f"expected a score threshold of at least 0 and below 1, got {self.score_threshold}"
            )
        if not 0 <= self.iou_threshold <= 1:
            raise ValueError(f"expected an IoU threshold in 0..1, got {self.iou_threshold}")
        if self.candidates < 1 or self.max_detections < 1:
            raise ValueError(
                "expected at least 1 candidate and 1 detection, got "
                f"{self.candidates} and {self.max_detections}"
            )

    @property
    def difference_threshold(self) -> float:
        """`score_threshold` as a difference of logits."""
        if self.score_threshold == 0:
            return _LEAST_DIFFERENCE
        return math.log(self.score_threshold / (1 - self.score_threshold))


def anchors_at(
    indices: tf.Tensor, levels: Sequence[AnchorLevel], grids: Sequence[tuple[Any, Any]]
) -> tf.Tensor:
    """The anchors with the given numbers, worked out one by one.

    A few candidates need a few anchors: no grid of all of them is computed, nor kept in the file.

    Args:
        indices: int32 `(n,)`, places in `tfface.anchors.grid_anchors`.
        levels: of the detector.
        grids: rows and columns of every level's map.

    Returns:
        float32 `(n, 4)`.
    """
    counts = [level.anchors_per_cell for level in levels]
    first_of_cell = np.cumsum([0, *counts[:-1]]).astype(np.int32)
    cell_anchors = tf.constant(np.concatenate([level.cell_anchors() for level in levels]))
    firsts: list[Any] = [0]
    for (rows, columns), count in zip(grids[:-1], counts[:-1], strict=True):
        firsts.append(firsts[-1] + rows * columns * count)
    first_of_level = tf.stack(firsts)

    started = tf.cast(indices[:, None] >= first_of_level[None, 1:], tf.int32)
    level = tf.reduce_sum(started, axis=1)
    within_level = indices - tf.gather(first_of_level, level)
    count = tf.gather(tf.constant(counts), level)
    cell, within_cell = within_level // count, within_level % count
    columns = tf.gather(tf.stack([columns for _, columns in grids]), level)
    stride = tf.gather(tf.constant([float(level.stride) for level in levels]), level)
    x = tf.cast(cell % columns, tf.float32) * stride
    y = tf.cast(cell // columns, tf.float32) * stride
    anchors = tf.gather(cell_anchors, tf.gather(tf.constant(first_of_cell), level) + within_cell)
    return anchors + tf.stack([x, y, x, y], axis=-1)


def select_faces(
    differences: tf.Tensor,
    offsets: tf.Tensor,
    levels: Sequence[AnchorLevel],
    grids: Sequence[tuple[Any, Any]],
    picture_size: tuple[Any, Any],
    selection: Selection,
) -> dict[str, tf.Tensor]:
    """The faces of one picture.

    Candidates are ranked by the difference of their logits, which unlike the score never saturates.

    Args:
        differences: logit of face minus logit of background, `(A,)`.
        offsets: `(A, 4)`, as `tfface.boxes.decode` takes them.
        levels, grids: where the anchors are, see `anchors_at`.
        picture_size: height and width that boxes are cut to.
        selection: thresholds and limits.

    Returns:
        With K for `max_detections`: `boxes` float32 `(K, 4)` in pixels, `scores` float32 `(K,)`,
        falling, and `count` int32 `()`. Rows from `count` on are zero.
    """
    threshold = selection.difference_threshold
    # Nearly all anchors end up equal, at the threshold, and the heap of top_k passes over them: 0.1
    # for 0.5 ms on 22,400 anchors. The suppression drops them, for it takes what is above.
    differences = tf.maximum(differences, threshold)
    anchors = differences.shape[0]
    candidates = (
        tf.minimum(selection.candidates, tf.size(differences))
        if anchors is None
        else min(selection.candidates, anchors)
    )
    differences, indices = tf.math.top_k(differences, candidates)
    boxes = decode(tf.gather(offsets, indices), anchors_at(indices, levels, grids))
    # The operation reads boxes as y, x, y, x; with the axes exchanged overlaps are the same. Other
    # forms of it lose the count, or are no builtin operation of TFLite.
    kept, count = tf.raw_ops.NonMaxSuppressionV4(
        boxes=boxes,
        scores=differences,
        max_output_size=selection.max_detections,
        iou_threshold=selection.iou_threshold,
        score_threshold=threshold,
        pad_to_max_output_size=True,
    )
    is_face = tf.cast(tf.range(selection.max_detections) < count, tf.float32)
    return {
        "boxes": clip(tf.gather(boxes, kept), *picture_size) * is_face[:, None],
        "scores": tf.sigmoid(tf.gather(differences, kept)) * is_face,
        "count": count,
    }
