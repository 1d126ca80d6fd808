"""Points x faces by what the network predicts: dynamic assignment inside the compiled step."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.losses.iou import overlap
from tfface.losses.quality import quality_focal
from tfface.matching.kinds import FACE

MatchCost = Literal["simota", "rtmdet"]

_NEVER = 1e8
"""Cost of what is no candidate."""


class DynamicMatcher:
    """Assigns to every face the points that already predict it best (SimOTA, arXiv:2107.08430).

    Candidates of a face are, on every level, the cells of a window around its centre. Their costs
    are one of the score, `-iou_weight * log(overlap)` of box and face, and, of RTMDet
    (arXiv:2212.07784, section 3.3), `10 ** (distance - 3)` of the centres in strides. A face gets
    as many points as the sum of its `count_candidates` largest overlaps, at least one: those of
    least cost. A point that two faces want is that of less cost.

    The cost of the score is SimOTA's, its cross entropy against 1, or RTMDet's, its quality focal
    loss against the overlap. By the latter a point that fits a little better takes the place of
    one that is sure of the face, which then trains as background: fine to begin with, and a loss to
    a detector that knows faces.

    A window instead of all points makes the work grow with the faces and not with the picture, and
    leaves points to faces that are smaller than a cell.

    Args:
        levels: with one anchor a cell.
        height, width: of the pictures, pixels.
        cost: of the score.
        window: cells on either side of the centre's.
        count_candidates: overlaps that are summed to the number of points.
        iou_weight: of the overlap in the cost.
    """

    def __init__(
        self,
        levels: Sequence[AnchorLevel],
        height: int,
        width: int,
        cost: MatchCost = "rtmdet",
        window: int = 2,
        count_candidates: int = 10,
        iou_weight: float = 3.0,
    ):
        self.grids = [level.grid_shape(height, width) for level in levels]
        self.points = sum(rows * columns for rows, columns in self.grids)
        self.strides = [level.stride for level in levels]
        self.cost = cost
        self.window = window
        possible = (2 * window + 1) ** 2 * len(self.grids)
        self.count_candidates = min(count_candidates, possible)
        self.iou_weight = iou_weight

    def __call__(self, scores, boxes, faces, kinds):
        """The face of every point.

        Args:
            scores: logits `(B, A)`.
            boxes: predicted `(B, A, 4)`, pixels.
            faces: `(B, F, 4)`; kinds: `(B, F)`, of which only FACE is matched.

        Returns:
            int32 `(B, A)`: the index of a face, -1 where there is none. No gradient passes.
        """
        scores, boxes = ops.stop_gradient(scores), ops.stop_gradient(boxes)
        indices, valid, distances = self._candidates(faces, kinds)
        costs, overlaps = self._costs(scores, boxes, faces, indices, distances)
        costs = ops.where(valid, costs, _NEVER)
        most = ops.top_k(ops.where(valid, overlaps, 0.0), self.count_candidates)[0]
        counts = ops.maximum(ops.cast(ops.sum(most, axis=-1), "int32"), 1)
        cheapest = -ops.top_k(-costs, self.count_candidates)[0]
        last = ops.take_along_axis(cheapest, counts[..., None] - 1, axis=-1)
        chosen = ops.logical_and(valid, costs <= last)
        return _cheapest_face(indices, ops.where(chosen, costs, _NEVER), self.points)

    def _candidates(self, faces, kinds):
        """Indices, whether they count, and distances in strides of points: `(B, F, C)` each."""
        centres = 0.5 * (faces[..., :2] + faces[..., 2:])
        steps = np.arange(-self.window, self.window + 1)
        down, right = (axis.ravel() for axis in np.meshgrid(steps, steps, indexing="ij"))
        indices, inside, distances, first = [], [], [], 0
        for (rows, columns), stride in zip(self.grids, self.strides, strict=True):
            cells = ops.cast(ops.floor(centres / stride), "int32")
            column = cells[..., :1] + ops.array(right, "int32")
            row = cells[..., 1:] + ops.array(down, "int32")
            inside.append((row >= 0) & (row < rows) & (column >= 0) & (column < columns))
            row, column = ops.clip(row, 0, rows - 1), ops.clip(column, 0, columns - 1)
            indices.append(first + row * columns + column)
            x = (ops.cast(column, "float32") + 0.5) - centres[..., :1] / stride
            y = (ops.cast(row, "float32") + 0.5) - centres[..., 1:] / stride
            distances.append(ops.sqrt(ops.square(x) + ops.square(y)))
            first += rows * columns
        valid = ops.concatenate(inside, axis=-1) & (kinds == FACE)[..., None]
        return ops.concatenate(indices, axis=-1), valid, ops.concatenate(distances, axis=-1)

    def _costs(self, scores, boxes, faces, indices, distances):
        shape = ops.shape(indices)
        flat = ops.reshape(indices, (shape[0], -1))
        logits = ops.reshape(ops.take_along_axis(scores, flat, axis=1), shape)
        predicted = ops.take_along_axis(boxes, flat[..., None], axis=1)
        overlaps = overlap(ops.reshape(predicted, (*shape, 4)), faces[:, :, None])
        is_simota = self.cost == "simota"
        of_score = ops.softplus(-logits) if is_simota else quality_focal(overlaps, logits)
        of_box = -self.iou_weight * ops.log(overlaps + 1e-7)
        return of_score + of_box + ops.power(10.0, distances - 3.0), overlaps


def _cheapest_face(indices, costs, points: int):
    """For every point the face that asks for it at the least cost: `(B, points)`, -1 for none."""
    batch, faces = ops.shape(indices)[0], ops.shape(indices)[1]
    places = indices + points * ops.arange(batch, dtype="int32")[:, None, None]
    places, asked = ops.reshape(places, (-1,)), ops.reshape(-costs, (-1,))
    total = batch * points
    best = ops.segment_max(asked, places, num_segments=total)
    face = ops.broadcast_to(ops.arange(faces, dtype="int32")[None, :, None], ops.shape(indices))
    wins = ops.logical_and(asked > -_NEVER, asked >= ops.take(best, places))
    owners = ops.where(wins, ops.reshape(face, (-1,)), -1)
    owners = ops.maximum(ops.segment_max(owners, places, num_segments=total), -1)
    return ops.reshape(owners, (batch, points))
