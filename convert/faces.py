"""From the network's maps to the faces of a picture, as part of an exported graph."""

from typing import Any

import tensorflow as tf

from tfface.boxes import clip
from tfface.detectors.base import Detector
from tfface.predict.selection import Selection


def select_faces(
    detector: Detector,
    outputs: dict[str, tf.Tensor],
    input_size: tuple[Any, Any],
    picture_size: tuple[Any, Any],
    selection: Selection,
) -> dict[str, tf.Tensor]:
    """The faces of one picture.

    Candidates are ranked by their logits, which unlike the scores never saturate.

    Args:
        detector: makes boxes of the outputs.
        outputs: of `Detector.call` for one picture, `(1, A)` and `(1, A, 4)`.
        input_size: height and width of the input, which the anchors cover.
        picture_size: height and width that boxes are cut to.
        selection: thresholds and limits.

    Returns:
        With K for `max_detections`: `boxes` float32 `(K, 4)` in pixels, `scores` float32 `(K,)`,
        falling, and `count` int32 `()`. Rows from `count` on are zero.
    """
    threshold = selection.logit_threshold
    # A second step may yet raise any score.
    lowest = tf.float32.min if detector.rescores_candidates else threshold
    # Nearly all anchors end up equal, at the threshold, and the heap of top_k passes over them: 0.1
    # for 0.5 ms on 22,400 anchors. The suppression drops them, for it takes what is above.
    outputs = {**outputs, "scores": tf.maximum(outputs["scores"], lowest)}
    each = detector.candidates(outputs, *input_size, selection.candidates)
    logits, boxes = (tf.squeeze(values, axis=0) for values in each)
    # The operation reads boxes as y, x, y, x; with the axes exchanged overlaps are the same. Other
    # forms of it lose the count, or are no builtin operation of TFLite.
    kept, count = tf.raw_ops.NonMaxSuppressionV4(
        boxes=boxes,
        scores=logits,
        max_output_size=selection.max_detections,
        iou_threshold=selection.iou_threshold,
        score_threshold=threshold,
        pad_to_max_output_size=True,
    )
    is_face = tf.cast(tf.range(selection.max_detections) < count, tf.float32)
    return {
        "boxes": clip(tf.gather(boxes, kept), *picture_size) * is_face[:, None],
        "scores": tf.sigmoid(tf.gather(logits, kept)) * is_face,
        "count": count,
    }
