"""All boxes of the network with their scores, for those who suppress duplicates themselves."""

from typing import Any

import tensorflow as tf

from tfface.anchors import AnchorLevel
from tfface.detectors.base import Detector


def level_anchors(level: AnchorLevel, height: Any, width: Any) -> tf.Tensor:
    """The anchors of one level over an input whose size may be known only when the graph runs.

    Returns:
        float32 `(rows * columns * n, 4)`, as `tfface.anchors.level_anchors`.
    """
    rows, columns = level.grid_shape(height, width)
    x = tf.cast(tf.range(columns) * level.stride, tf.float32)[None, :, None, None]
    y = tf.cast(tf.range(rows) * level.stride, tf.float32)[:, None, None, None]
    along, down = tf.constant([1.0, 0.0, 1.0, 0.0]), tf.constant([0.0, 1.0, 0.0, 1.0])
    anchors = x * along + y * down + tf.constant(level.cell_anchors())
    return tf.reshape(anchors, [-1, 4])


def all_candidates(
    detector: Detector, outputs: dict[str, tf.Tensor], input_size: tuple[Any, Any]
) -> dict[str, tf.Tensor]:
    """Every box and its score, before suppression.

    Args:
        detector: makes boxes of the outputs.
        outputs: of `Detector.call`.
        input_size: height and width of the input, which the anchors cover.

    Returns:
        `boxes` float32 `(B, A, 4)` in pixels of the input, which may reach beyond it, and `scores`
        float32 `(B, A)`.
    """
    levels = [level_anchors(level, *input_size) for level in detector.anchor_levels]
    boxes = detector.decode(
        {name: outputs[name] for name in detector.box_outputs}, tf.concat(levels, axis=0)
    )
    return {"boxes": boxes, "scores": tf.sigmoid(outputs["scores"])}
