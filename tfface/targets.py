"""What detectors learn from, made for one picture in the data stage.

A maker of targets is called `(boxes, kinds, uniform)` with the faces of one training image: boxes
float32 `(n, 4)` in its pixels, kinds int32 `(n,)` of `tfface.matching`, and `uniform_count` uniform
numbers in 0..1 of its own. It returns arrays of fixed shapes by name, and runs in tf.data and,
under JAX, inside a compiled function. Targets by name, with A anchors and F faces:

    labels   int32 (A,)      1 face, 0 background, -1 ignored
    offsets  float32 (A, 4)  the encoded box of an anchor's face; zero where there is none
    faces    float32 (F, 4)  boxes, the largest first
    kinds    int32 (F,)      of `tfface.matching`; ABSENT where there are fewer faces

And those of a first of two steps, with anchors of some levels:

    first_labels   int32 (A1,)
    first_offsets  float32 (A2, 4)

And what a sampling in the compiled step begins with:

    seed     int32 ()
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors, level_of_anchors
from tfface.largest import largest, largest_and_regions
from tfface.matching import FACE, IGNORED, AnchorMatcher, TwoPassMatcher
from tfface.matching.hidden import no_smaller
from tfface.sampling import GroupSampling, seed_of


class Targets(Protocol):
    """What makes the targets of one picture; see above."""

    uniform_count: int

    def __call__(self, boxes: Any, kinds: Any, uniform: Any) -> dict:
        """The targets by name, in a graph: what depends on tensors is decided by `ops.cond`."""


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
        self,
        levels: Sequence[AnchorLevel],
        height: int,
        width: int,
        matcher: AnchorMatcher | TwoPassMatcher,
    ):
        self.anchors = grid_anchors(levels, height, width)
        self.matcher = matcher

    def __call__(self, boxes, kinds, uniform) -> dict:
        return self.matcher(self.anchors, boxes, kinds)


class TwoStepTargets:
    """Targets of two steps: `labels` and `offsets` of the second, and those of the first.

    Also `faces` and `kinds` of `tfface.largest.largest_and_regions`, faces and ignored boxes, for
    what is matched in the compiled step.

    Args:
        levels: where the anchors are.
        height, width: of the training image, pixels.
        first_matcher, second_matcher: assign faces to anchors in each step.
        labelled: indices of the levels that have `first_labels`.
        moved: indices of the levels that have `first_offsets`.
        most_faces: beyond so many boxes the smallest are ignored.
    """

    uniform_count = 0

    def __init__(
        self,
        levels: Sequence[AnchorLevel],
        height: int,
        width: int,
        first_matcher: AnchorMatcher,
        second_matcher: AnchorMatcher,
        labelled: Collection[int],
        moved: Collection[int],
        most_faces: int = 128,
    ):
        self.anchors = grid_anchors(levels, height, width)
        self.first_matcher = first_matcher
        self.matcher = second_matcher
        of_level = level_of_anchors(levels, height, width)
        self.labelled, self.moved = (
            np.flatnonzero(np.isin(of_level, list(chosen))).astype("int32")
            for chosen in (labelled, moved)
        )
        self.most_faces = most_faces

    def __call__(self, boxes, kinds, uniform) -> dict:
        second = self.matcher(self.anchors, boxes, kinds)
        kinds = ops.cast(kinds, "int32")
        faces, places = largest_and_regions(boxes, kinds, self.most_faces)
        targets = {**second, "faces": faces, "kinds": places}
        if len(self.labelled) or len(self.moved):
            first = self.first_matcher(self.anchors, boxes, kinds)
            targets["first_labels"] = ops.take(first["labels"], self.labelled)
            targets["first_offsets"] = ops.take(first["offsets"], self.moved, axis=0)
        return targets


class SampledTargets:
    """Targets of which only some anchors keep their labels: the others are ignored, -1.

    Also `seed` int32 `()`, for what is sampled in the compiled step.

    Args:
        targets: with `labels`, and `first_labels` of the anchors `targets.labelled`.
        sampling: of all anchors.
    """

    def __init__(self, targets: Any, sampling: GroupSampling):
        self.targets = targets
        self.sampling = sampling
        self.uniform_count = targets.uniform_count + 1

    def __call__(self, boxes, kinds, uniform) -> dict:
        targets = self.targets(boxes, kinds, uniform[:-1])
        seed = seed_of(uniform[-1])
        sampled = {"labels": self.sampling(targets["labels"], seed), "seed": seed}
        if "first_labels" in targets:
            of_first = self.sampling.of_anchors(self.targets.labelled)
            sampled["first_labels"] = of_first(targets["first_labels"], seed)
        return {**targets, **sampled}


class RegionTargets:
    """Targets and what the regions that are proposed in the compiled step are matched with.

    That is `faces` and `kinds` of `tfface.largest.largest_and_regions`, faces and ignored boxes,
    and `seed` for their sampling.

    Args:
        targets: of the anchors.
        most_faces: beyond so many boxes the smallest are ignored.
    """

    def __init__(self, targets: Any, most_faces: int = 128):
        self.targets = targets
        self.most_faces = most_faces
        self.uniform_count = targets.uniform_count + 1

    def __call__(self, boxes, kinds, uniform) -> dict:
        kinds = ops.cast(kinds, "int32")
        faces, places = largest_and_regions(boxes, kinds, self.most_faces)
        targets = self.targets(boxes, kinds, uniform[:-1])
        return {**targets, "faces": faces, "kinds": places, "seed": seed_of(uniform[-1])}


def sampled_targets(
    targets: Any, settings: Any, levels: Sequence[AnchorLevel], height: int, width: int
) -> Targets:
    """The targets, sampled where the settings, as of `GroupSampling`, have it in the data stage."""
    sampling = GroupSampling.of_levels(settings, levels, height, width)
    return targets if sampling is None else SampledTargets(targets, sampling)


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
        kinds = ops.cast(kinds, "int32")
        faces, of_faces, left_out = largest(boxes, kinds, kinds == FACE, self.most_faces)
        # A box more, which is nowhere: there may be none.
        boxes = ops.concatenate([boxes, ops.zeros((1, 4), "float32")])
        hidden = ops.append(ops.logical_or(kinds == IGNORED, left_out), False)
        return {
            "faces": faces,
            "kinds": of_faces,
            "ignored": self._inside(boxes, hidden),
        }

    def _inside(self, boxes, hidden):
        """Whether every point lies in one of the boxes that are hidden: bool `(A,)`."""
        boxes = no_smaller(boxes, self.least_side)
        low, high = boxes[:, :2], boxes[:, 2:]
        points = ops.array(self.points)[:, None]
        inside = ops.all(ops.logical_and(points >= low, points < high), axis=-1)
        return ops.any(ops.logical_and(inside, hidden), axis=-1)
