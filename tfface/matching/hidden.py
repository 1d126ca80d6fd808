"""Boxes of one kind among others, and what the ignored ones hide."""

from keras import ops

from tfface.boxes import pairwise_iou
from tfface.matching.kinds import IGNORED


def only(kind: int, boxes, kinds):
    """The boxes, without area where they are of another kind: those overlap nothing."""
    return ops.where((kinds == kind)[:, None], boxes, 0.0)


def hidden_overlaps(boxes, kinds, anchors):
    """By how much every anchor overlaps an ignored box: float32 `(A,)`.

    None of these boxes counts as smaller than the smallest anchor: by itself it would overlap none
    enough.

    Args:
        boxes: `(n, 4)`, n at least 1; kinds: int32 `(n,)`.
        anchors: `(A, 4)`.
    """
    return ops.cond(
        ops.any(kinds == IGNORED),
        lambda: ops.max(pairwise_iou(_ignored_areas(boxes, kinds, anchors), anchors), axis=0),
        lambda: ops.zeros((anchors.shape[0],), "float32"),
    )


def _ignored_areas(boxes, kinds, anchors):
    """The ignored boxes, none smaller than the smallest anchor; the others without area."""
    smallest = ops.min(anchors[:, 2:] - anchors[:, :2])
    missing = 0.5 * ops.relu(smallest - (boxes[:, 2:] - boxes[:, :2]))
    return only(
        IGNORED, ops.concatenate([boxes[:, :2] - missing, boxes[:, 2:] + missing], axis=1), kinds
    )
