"""What detectors learn from, made for one picture in the data stage.

A maker of targets is called `(boxes, kinds, uniform)` with the faces of one training image: boxes
float32 `(n, 4)` in its pixels, kinds int32 `(n,)` of `tfface.matching`, and `uniform_count` uniform
numbers in 0..1 of its own. It returns arrays of fixed shapes by name, and runs in tf.data and,
under JAX, inside a compiled function. Targets by name, with A anchors and F faces:

    labels   int32 (A,)      1 face, 0 background, -1 ignored
    offsets  float32 (A, 4)  the encoded box of an anchor's face; zero where there is none
    faces    float32 (F, 4)  boxes, the largest first
    kinds    int32 (F,)      of `tfface.matching`; ABSENT where there are fewer faces
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.matching import ABSENT, FACE, IGNORED, AnchorMatcher


class Targets(Protocol):
    """What makes the targets of one picture; see above."""

    uniform_count: int

    def __call__(self, boxes: Any, kinds: Any, uniform: Any) -> dict:
        """The targets by name."""


MakeTargets = Callable[[int, int], Targets]
"""From the height and width of the training images: `Detector.make_targets`."""


class AnchorTargets:
    """`labels` and `offsets` of every anchor.

    Args:
        levels: where the anchors are.
        height, width: of the training image, pixels.
        matcher: assigns faces to anchors.
    """

    uniform_count = 0

    def __init__(
        self, levels: Sequence[AnchorLevel], height: int, width: int, matcher: AnchorMatcher
    ):
        self.anchors = grid_anchors(levels, height, width)
        self.matcher = matcher

    def __call__(self, boxes, kinds, uniform) -> dict:
        return self.matcher(self.anchors, boxes, kinds)


class FaceTargets:
    """`faces` and `kinds` for a dynamic assignment, and `ignored` bool `(A,)` of the points.

    A point is ignored where it lies in an ignored box, made no smaller than a finest cell and its
    neighbours. Of more than `most_faces` faces the smallest are ignored too.

    Args:
        levels: with one anchor a cell, whose centre is the point.
        height, width: of the training image, pixels.
        most_faces: F.
    """

    uniform_count = 0

    def __init__(
        self, levels: Sequence[AnchorLevel], height: int, width: int, most_faces: int = 64
    ):
        anchors = grid_anchors(levels, height, width)
        self.points = (anchors[:, :2] + anchors[:, 2:]) / 2
        self.least_side = 2.0 * levels[0].stride
        self.most_faces = most_faces

    def __call__(self, boxes, kinds, uniform) -> dict:
        boxes = ops.concatenate([boxes, ops.zeros((self.most_faces, 4), "float32")])
        kinds = ops.concatenate(
            [ops.cast(kinds, "int32"), ops.full((self.most_faces,), ABSENT, "int32")]
        )
        longer = ops.max(boxes[:, 2:] - boxes[:, :2], axis=-1)
        longer = ops.where(kinds == FACE, longer, -1.0)
        kept, order = ops.top_k(longer, self.most_faces)
        left_out = ops.logical_and(kinds == FACE, longer < kept[-1])
        hidden = ops.logical_or(kinds == IGNORED, left_out)
        faces = ops.take(boxes, order, axis=0)
        is_face = kept >= 0.0
        return {
            "faces": ops.where(is_face[:, None], faces, 0.0),
            "kinds": ops.where(is_face, FACE, ABSENT),
            "ignored": self._inside(boxes, hidden),
        }

    def _inside(self, boxes, hidden):
        """Whether every point lies in one of the boxes that are hidden: bool `(A,)`."""
        missing = 0.5 * ops.relu(self.least_side - (boxes[:, 2:] - boxes[:, :2]))
        low, high = boxes[:, :2] - missing, boxes[:, 2:] + missing
        points = ops.array(self.points)[:, None]
        inside = ops.all(ops.logical_and(points >= low, points < high), axis=-1)
        return ops.any(ops.logical_and(inside, hidden), axis=-1)
