"""Anchors x faces in two passes, as detectors of region proposals do it."""

from dataclasses import dataclass

from keras import ops

from tfface.boxes import VARIANCES, pairwise_iou
from tfface.matching.hidden import CHUNK, chunks, hidden, only
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

    Background that overlaps an ignored box by `ignored_threshold` or more or lies in it for the
    half is ignored. Boxes are encoded with `variances`.
    """

    positive_threshold: float = 0.6
    negative_threshold: float = 0.4
    ignored_threshold: float = 0.2
    variances: tuple[float, ...] = VARIANCES

    def __call__(self, anchors, boxes, kinds) -> dict:
        """Training targets of one picture: arguments and result are those of `AnchorMatcher`."""
        boxes = ops.concatenate([boxes, ops.zeros((1, 4), "float32")])
        kinds = ops.concatenate([ops.cast(kinds, "int32"), ops.full((1,), ABSENT, "int32")])
        best, owners = _best_faces(only(FACE, boxes, kinds), anchors)
        first = best >= self.positive_threshold
        second = self._second_pass(best, owners, ops.shape(boxes)[0])
        positive = ops.logical_or(first, second)
        uncertain = ops.logical_or(
            best >= self.negative_threshold, hidden(boxes, kinds, anchors, self.ignored_threshold)
        )
        return targets_of_owners(positive, uncertain, owners, boxes, anchors, self.variances)

    def _second_pass(self, best, owners, faces):
        """The anchors that faces get which the first pass left without: bool `(A,)`.

        Args:
            best, owners: of `_best_faces`.
            faces: how many there are.
        """
        places = ops.arange(best.shape[0], dtype="int32")
        strongest = ops.take(ops.segment_max(best, owners, faces), owners)
        # Of the anchors that overlap their face most the first: the largest of what falls.
        falling = ops.where(best >= strongest, -places, -best.shape[0])
        chosen = ops.take(ops.segment_max(falling, owners, faces), owners) == -places
        given = ops.logical_and(
            strongest >= self.negative_threshold, strongest < self.positive_threshold
        )
        return ops.logical_and(chosen, given)


def _best_faces(faces, anchors):
    """By how much every anchor overlaps the face that it overlaps most, and the first such face.

    Args:
        faces: `(n, 4)`; anchors: `(A, 4)`.

    Returns:
        float32 `(A,)` in 0..1, and int32 `(A,)`, 0 where it overlaps none.
    """
    chunk_of = chunks(faces)
    rows = ops.arange(CHUNK, dtype="int32")[:, None]

    def compare(index, best, owners):
        overlaps = pairwise_iou(chunk_of(index), anchors)
        highest = ops.max(overlaps, axis=0)
        first = ops.min(ops.where(overlaps >= highest, rows, CHUNK - 1), axis=0)
        better = highest > best
        return ops.where(better, highest, best), ops.where(better, index * CHUNK + first, owners)

    nothing = ops.zeros((anchors.shape[0],)), ops.zeros((anchors.shape[0],), "int32")
    count = (ops.shape(faces)[0] + CHUNK - 1) // CHUNK
    return ops.fori_loop(0, count, lambda index, found: compare(index, *found), nothing)
