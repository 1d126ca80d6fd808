"""All boxes of the network with their scores, for those who suppress duplicates themselves."""

from typing import Any

import numpy as np
import tensorflow as tf

from convert.network import OFFSETS, size_of
from tfface.anchors import AnchorLevel
from tfface.boxes import LARGEST_SIZE_OFFSET, VARIANCES


def decode_level(offsets: tf.Tensor, level: AnchorLevel) -> tf.Tensor:
    """Boxes of one level, every cell and every anchor.

    The same as `tfface.boxes.decode` with the anchors of the level. Those are not in the file (a
    third of a megabyte at 640x480): what differs from row to row and from column to column is added
    apart.

    Args:
        offsets: `(B, rows, columns, 4 n)` with n anchors a cell.
        level: where its anchors are.

    Returns:
        float32 `(B, rows * columns * n, 4)` in pixels of the input, in the order of
        `tfface.anchors.level_anchors`, not cut to it.
    """
    batch, (rows, columns) = offsets.shape[0] or tf.shape(offsets)[0], size_of(offsets)
    anchors = level.cell_anchors()
    sizes = anchors[:, 2:] - anchors[:, :2]
    centres = anchors[:, :2] + sizes / 2
    offsets = tf.reshape(offsets, [batch, rows, columns, level.anchors_per_cell, OFFSETS])
    centre_scales, size_scales = np.array(VARIANCES, np.float32).reshape(2, 2)
    along = _shifts(columns, level.stride, axis=0)[None, None, :, None]
    down = _shifts(rows, level.stride, axis=1)[None, :, None, None]
    middle = offsets[..., :2] * (centre_scales * sizes) + centres + along + down
    growth = tf.exp(tf.minimum(offsets[..., 2:] * size_scales, LARGEST_SIZE_OFFSET))
    half = growth * (sizes / 2)
    boxes = tf.concat([middle - half, middle + half], axis=-1)
    return tf.reshape(boxes, [batch, -1, OFFSETS])


def _shifts(cells: Any, stride: int, axis: int) -> tf.Tensor:
    """Where cells begin along x (axis 0) or y (axis 1): `(cells, 2)`."""
    positions = tf.range(cells, dtype=tf.int32) * stride
    return tf.cast(positions, tf.float32)[:, None] * tf.one_hot(axis, 2)


def all_candidates(
    maps: list[tuple[tf.Tensor, tf.Tensor]], levels: tuple[AnchorLevel, ...]
) -> dict[str, tf.Tensor]:
    """Every box and its score, before suppression.

    Args:
        maps: what `convert.network.predict_maps` returns.
        levels: of the detector.

    Returns:
        `boxes` float32 `(B, A, 4)` in pixels of the input, which may reach beyond it, and `scores`
        float32 `(B, A)`.
    """
    boxes = [decode_level(offsets, level) for (_, offsets), level in zip(maps, levels, strict=True)]
    batch = maps[0][0].shape[0] or tf.shape(maps[0][0])[0]
    scores = [tf.reshape(tf.sigmoid(differences), [batch, -1]) for differences, _ in maps]
    return {"boxes": tf.concat(boxes, axis=1), "scores": tf.concat(scores, axis=1)}
