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

from collections.abc import Sequence

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.matching import AnchorMatcher


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
