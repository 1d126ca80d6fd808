"""Boxes x faces by their overlap alone, for whole batches, inside the compiled step."""

from dataclasses import dataclass

from keras import ops

from tfface.losses.iou import overlap
from tfface.matching.hidden import hides, no_smaller
from tfface.matching.kinds import FACE, IGNORED
from tfface.matching.targets import label


@dataclass(frozen=True)
class ThresholdMatcher:
    """Gives every box the face that it overlaps most.

    It serves boxes that the network has made: anchors that were refined, and proposals. For all the
    anchors of a picture `AnchorMatcher` does more, in the data stage.

    Attributes:
        positive_threshold: overlap from which a box is a face.
        negative_threshold: overlap below which it is background; between the two it is ignored.
        ignored_threshold: overlap with an ignored box from which background is ignored; so is what
            lies in one for the half.
        smallest: side in pixels that no ignored box counts as smaller than: of the smallest anchor.
    """

    positive_threshold: float
    negative_threshold: float
    ignored_threshold: float = 0.2
    smallest: float = 0.0

    def __call__(self, boxes, faces, kinds) -> tuple:
        """Labels and faces of boxes; no gradient passes.

        Args:
            boxes: `(B, n, 4)`, pixels.
            faces: `(B, F, 4)`; kinds: int `(B, F)` of FACE, ABSENT, IGNORED.

        Returns:
            labels int32 `(B, n)`: 1 face, 0 background, -1 ignored; and the face of every box
            `(B, n, 4)`, the box itself where the label is not 1.
        """
        boxes = ops.stop_gradient(boxes)
        overlaps = overlap(boxes[:, :, None], faces[:, None])
        of_faces = ops.where((kinds == FACE)[:, None], overlaps, 0.0)
        ignored = no_smaller(faces, self.smallest)[:, None]
        hidden = hides(ignored, boxes[:, :, None], self.ignored_threshold)
        hidden = ops.any(ops.logical_and((kinds == IGNORED)[:, None], hidden), axis=-1)
        best = ops.max(of_faces, axis=-1)
        positive = best >= self.positive_threshold
        uncertain = ops.logical_or(best >= self.negative_threshold, hidden)
        owners = ops.argmax(of_faces, axis=-1)
        owned = ops.take_along_axis(faces, owners[..., None], axis=1)
        return label(positive, uncertain), ops.where(positive[..., None], owned, boxes)
