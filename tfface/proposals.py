"""Proposals inside the compiled step: what suppression leaves, and faces among it."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.matching.kinds import FACE
from tfface.suppression import first_kept

POOL = 2000
"""So many of the surest boxes of a picture go into the suppression, or more for more proposals.

A large face has over a hundred anchors of a stride of 4 that are as sure, which are one proposal
after it: of fewer boxes a few such faces would leave no room for the others.
"""


def pool_size(count: int) -> int:
    """How many boxes go into the suppression for `count` proposals."""
    return max(POOL, count)


def make_proposals(
    boxes, levels, faces, kinds, face_levels, count: int, iou_threshold: float
) -> tuple:
    """Detections after suppression and the faces themselves (RefineFace, section 3.4).

    Args:
        boxes: `(B, K, 4)` in order of falling scores; levels: int `(B, K)`.
        faces: `(B, F, 4)`, the largest first; kinds, face_levels: int `(B, F)`.
        count: proposals of a picture; at most half of them are faces.
        iou_threshold: of the suppression.

    Returns:
        boxes `(B, count, 4)`, levels int32 `(B, count)`, and bool `(B, count)`: whether there is a
        proposal, or only the room for one.
    """
    most_faces = min(faces.shape[1], count // 2)
    kept, there = first_kept(boxes, count - most_faces, iou_threshold)
    chosen = ops.take_along_axis(boxes, kept[..., None], axis=1)
    chosen_levels = ops.take_along_axis(levels, kept, axis=1)
    return (
        ops.concatenate([faces[:, :most_faces], ops.stop_gradient(chosen)], axis=1),
        ops.concatenate([face_levels[:, :most_faces], chosen_levels], axis=1),
        ops.concatenate([kinds[:, :most_faces] == FACE, there], axis=1),
    )


def nearest_level(boxes, levels: Sequence[AnchorLevel]):
    """The level whose anchors are nearest in size, by their logarithms: int32 `(...)`.

    Args:
        boxes: `(..., 4)`, pixels.
        levels: with scales that rise from level to level.
    """
    scales = np.array([np.mean(np.log2(level.scales)) for level in levels], np.float32)
    sides = ops.maximum(boxes[..., 2:] - boxes[..., :2], 1e-3)
    size = 0.5 * ops.sum(ops.log2(sides), axis=-1)
    distances = ops.abs(size[..., None] - scales)
    return ops.cast(ops.argmin(distances, axis=-1), "int32")
