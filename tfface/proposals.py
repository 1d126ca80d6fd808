"""Proposals inside the compiled step: suppression of fixed shapes, and faces among what is left."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.losses.iou import overlap
from tfface.matching.kinds import FACE

POOL = 2000
"""So many of the surest boxes of a picture go into the suppression, or more for more proposals.

A large face has over a hundred anchors of a stride of 4 that are as sure, which are one proposal
after it: of fewer boxes a few such faces would leave no room for the others.
"""


def pool_size(count: int) -> int:
    """How many boxes go into the suppression for `count` proposals."""
    return max(POOL, count)


def kept_boxes(boxes, iou_threshold: float):
    """Greedy non-maximum suppression of boxes in order of falling scores, as a mask.

    A box stays when no box before it that stays overlaps it by more than the threshold. That is
    applied to all boxes at once, beginning with all of them, until nothing changes; box k is then
    as in the greedy suppression after k rounds at most, mostly after a few.

    Args:
        boxes: `(B, n, 4)`, where n may be known only when the graph runs; iou_threshold: in 0..1.

    Returns:
        bool `(B, n)`. No gradient passes.
    """
    boxes = ops.stop_gradient(boxes)
    count = ops.shape(boxes)[1]
    places = ops.arange(count, dtype="int32")
    # [i, j]: j where it overlaps i. A mask of the boxes before each would be a constant, megabytes
    # in an exported graph.
    overlapping = ops.where(
        overlap(boxes[:, :, None], boxes[:, None]) > iou_threshold, places, count
    )
    suppresses = overlapping < places[:, None]

    def stays(kept):
        return ops.logical_not(ops.any(ops.logical_and(suppresses, kept[:, None]), axis=-1))

    everything = ops.ones(ops.shape(boxes)[:2], "bool")
    _, kept = ops.while_loop(
        lambda former, kept: ops.any(former != kept),
        lambda former, kept: (kept, stays(kept)),
        (everything, stays(everything)),
    )
    return kept


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
    kept = ops.cast(kept_boxes(boxes, iou_threshold), "int32")
    # What is kept comes first and stays in its order.
    order = ops.argsort(1 - kept, axis=-1)[:, : count - most_faces]
    chosen = ops.take_along_axis(boxes, order[..., None], axis=1)
    chosen_levels = ops.take_along_axis(levels, order, axis=1)
    there = ops.take_along_axis(kept, order, axis=1) == 1
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
