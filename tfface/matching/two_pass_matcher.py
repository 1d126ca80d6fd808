"""Anchors x faces in two passes, as detectors of region proposals do it."""

from dataclasses import dataclass

from keras import ops

from tfface.boxes import VARIANCES, pairwise_iou
from tfface.matching.hidden import hidden_overlaps, only
from tfface.matching.kinds import ABSENT, FACE
from tfface.matching.targets import targets_of_owners


@dataclass(frozen=True)
class TwoPassMatcher:
    """The matching of group sampling (section 4.1), which Faster R-CNN and SSD have much alike.

    1. By the face that it overlaps most an anchor is positive from `positive_threshold` on,
       background below `negative_threshold`, and ignored between (equation 1).
    2. A face without an anchor after that gets one that is no other face's, overlaps it by
       `negative_threshold` or more, and overlaps no face more than this one. Of several it is the
       one that overlaps it most, of equal ones the first. A face that no anchor overlaps that much
       stays without.

    Background that overlaps an ignored box by `ignored_threshold` or more is ignored. Boxes are
    encoded with `variances`.
    """

    positive_threshold: float = 0.6
    negative_threshold: float = 0.4
    ignored_threshold: float = 0.2
    variances: tuple[float, ...] = VARIANCES

    def __call__(self, anchors, boxes, kinds) -> dict:
        """Training targets of one picture: arguments and result are those of `AnchorMatcher`."""
        boxes = ops.concatenate([boxes, ops.zeros((1, 4), "float32")])
        kinds = ops.concatenate([ops.cast(kinds, "int32"), ops.full((1,), ABSENT, "int32")])
        overlaps = pairwise_iou(only(FACE, boxes, kinds), anchors)
        best = ops.max(overlaps, axis=0)
        hidden = hidden_overlaps(boxes, kinds, anchors)
        # The face of every anchor is the first that it overlaps most.
        faces = ops.shape(boxes)[0]
        rows = ops.arange(faces, dtype="int32")[:, None]
        owners = ops.min(ops.where(overlaps >= best, rows, faces - 1), axis=0)

        first = best >= self.positive_threshold
        second = self._second_pass(ops.where(owners == rows, overlaps, 0.0), rows[:, 0])
        positive = ops.logical_or(first, second)
        uncertain = ops.logical_or(
            best >= self.negative_threshold, hidden >= self.ignored_threshold
        )
        return targets_of_owners(positive, uncertain, owners, boxes, anchors, self.variances)

    def _second_pass(self, own, rows):
        """The anchors that faces get which the first pass left without: bool `(A,)`.

        Args:
            own: `(n, A)`, overlaps of faces with the anchors that overlap no face more.
            rows: `(n,)`, 0 to n - 1.
        """
        strength = ops.max(own, axis=1)
        choice = ops.cast(ops.argmax(own, axis=1), "int32")
        given = ops.logical_and(
            strength >= self.negative_threshold, strength < self.positive_threshold
        )
        anchors = own.shape[1]
        flags = ops.zeros((anchors + 1,), "int32")
        places = ops.where(given, choice, anchors)
        flags = ops.scatter_update(flags, places[:, None], ops.ones_like(rows))
        return flags[:-1] == 1
