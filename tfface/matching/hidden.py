"""Boxes of one kind among others, and what the ignored ones hide."""

from keras import ops

from tfface.boxes import area, intersection
from tfface.matching.kinds import IGNORED

INSIDE = 0.5
"""Part of a box from which an ignored one hides it: a crowd forgives detections in it alike, as in
`tfface.evaluation.coco`."""

CHUNK = 4
"""Boxes that are compared with all anchors at a time: a crowd's together would take gigabytes."""


def only(kind: int, boxes, kinds):
    """The boxes, without area where they are of another kind: those overlap nothing."""
    return ops.where((kinds == kind)[:, None], boxes, 0.0)


def no_smaller(boxes, side):
    """Boxes `(..., 4)` around the same centres, no side of which is below `side` pixels."""
    missing = 0.5 * ops.relu(side - (boxes[..., 2:] - boxes[..., :2]))
    return ops.concatenate([boxes[..., :2] - missing, boxes[..., 2:] + missing], axis=-1)


def hides(ignored, boxes, threshold: float):
    """Whether ignored boxes hide others: bool, of the shape that `(..., 4)` and `(..., 4)` give.

    An ignored face hides what overlaps it by `threshold` or more. What has a part of `INSIDE` or
    more in an ignored box is hidden too, however much smaller it is: there are faces in a crowd.
    """
    shared, own = intersection(ignored, boxes), area(boxes)
    overlaps = shared / (ops.maximum(area(ignored), 1e-6) + own - shared)
    inside = shared >= INSIDE * ops.maximum(own, 1e-6)
    return ops.logical_or(overlaps >= threshold, inside)


def hidden(boxes, kinds, anchors, threshold: float):
    """Which anchors an ignored box hides: bool `(A,)`, see `hides`.

    None of these boxes counts as smaller than the smallest anchor: by itself it would overlap none
    enough.

    Args:
        boxes: `(n, 4)`; n may be 0; kinds: int32 `(n,)`.
        anchors: `(A, 4)`.
        threshold: of `hides`.
    """
    smallest = ops.min(anchors[:, 2:] - anchors[:, :2])
    is_ignored = ops.cast(kinds == IGNORED, "int32")
    ignored = only(IGNORED, no_smaller(boxes, smallest), kinds)
    ignored = ops.take(ignored, ops.argsort(1 - is_ignored), axis=0)
    chunk_of = chunks(ignored)
    return ops.fori_loop(
        0,
        (ops.sum(is_ignored) + CHUNK - 1) // CHUNK,
        lambda index, found: ops.logical_or(
            found, ops.any(hides(chunk_of(index)[:, None], anchors[None], threshold), axis=0)
        ),
        ops.zeros((anchors.shape[0],), "bool"),
    )


def chunks(boxes):
    """A function from a number to `CHUNK` of the boxes `(n, 4)`; beyond the last are zeros."""
    boxes = ops.concatenate([boxes, ops.zeros((CHUNK, 4), "float32")])
    return lambda index: ops.slice(boxes, (index * CHUNK, 0), (CHUNK, 4))
