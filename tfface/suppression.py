"""Greedy non-maximum suppression of fixed shapes, for what runs inside a compiled step."""

from keras import ops

from tfface.losses.iou import overlap

TILE = 256
"""So many boxes are decided at once: pairs are counted within them and with what is kept, so 2,000
boxes of which 64 are wanted cost a fifteenth of all their pairs."""


def first_kept(boxes, count: int, iou_threshold: float) -> tuple:
    """The first boxes that suppression keeps, of boxes in order of falling scores.

    A box stays when no box before it that stays overlaps it by more than the threshold. Nothing is
    looked at beyond the tile in which the last wanted box is found.

    Args:
        boxes: `(B, n, 4)`, where n may be known only when the graph runs.
        count: how many are wanted, 1 or more.
        iou_threshold: in 0..1.

    Returns:
        indices int32 `(B, count)` in their order, and bool `(B, count)`: whether there is one, or
        only the room for it, whose index is 0. No gradient passes.
    """
    boxes = ops.stop_gradient(boxes)
    batch, total = ops.shape(boxes)[0], ops.shape(boxes)[1]
    places = ops.arange(TILE, dtype="int32")
    earlier = places[:, None] > places  # [i, j]: j before i

    def next_tile(start, kept, there):
        of_tile = start + places
        tile = ops.take(boxes, ops.minimum(of_tile, total - 1), axis=1)
        chosen = ops.take_along_axis(boxes, kept[..., None], axis=1)
        suppressed = ops.any(_overlapping(tile, chosen, iou_threshold) & there[:, None], axis=-1)
        free = (of_tile < total) & ops.logical_not(suppressed)
        stays = _settled(free, _overlapping(tile, tile, iou_threshold) & earlier)
        known = ops.concatenate([kept, ops.broadcast_to(of_tile, (batch, TILE))], axis=1)
        known_there = ops.concatenate([there, stays], axis=1)
        # What stays comes first and keeps its order.
        order = ops.argsort(1 - ops.cast(known_there, "int32"), axis=-1)[:, :count]
        there = ops.take_along_axis(known_there, order, axis=1)
        kept = ops.take_along_axis(known, order, axis=1)
        return start + TILE, ops.where(there, kept, 0), there

    _, kept, there = ops.while_loop(
        lambda start, kept, there: (start < total) & ops.logical_not(ops.all(there)),
        next_tile,
        (
            ops.zeros((), "int32"),
            ops.zeros((batch, count), "int32"),
            ops.zeros((batch, count), "bool"),
        ),
    )
    return kept, there


def _overlapping(boxes, others, iou_threshold: float):
    """bool `(B, n, m)`: whether each of `(B, n, 4)` overlaps each of `(B, m, 4)` by more."""
    return overlap(boxes[:, :, None], others[:, None]) > iou_threshold


def _settled(free, suppresses):
    """Which of the free boxes stay, bool `(B, n)`, where `suppresses[:, i, j]` says j drops i.

    The rule is applied to all boxes at once, beginning with all of them, until nothing changes; box
    k is then as in the greedy suppression after k rounds at most, mostly after a few.
    """

    def stays(kept):
        return free & ops.logical_not(ops.any(suppresses & kept[:, None], axis=-1))

    _, kept = ops.while_loop(
        lambda former, kept: ops.any(former != kept),
        lambda former, kept: (kept, stays(kept)),
        (free, stays(free)),
    )
    return kept
