"""Anchors x faces -> positive, negative or ignored.

The same code runs inside tf.data (TensorFlow backend), one picture at a time with its own number of
faces, and inside a compiled step (JAX backend), mapped over a batch with faces padded to a fixed
number.
"""

from dataclasses import dataclass

from keras import ops

from tfface.boxes import VARIANCES, pairwise_iou
from tfface.matching.hidden import hidden, only
from tfface.matching.kinds import ABSENT, FACE
from tfface.matching.targets import targets_of_owners


@dataclass(frozen=True)
class AnchorMatcher:
    """Assigns faces to anchors as S3FD does (arXiv:1708.05237, section 3.2), and loses no face.

    1. An anchor whose best face overlaps it by `positive_threshold` or more is that face's.
    2. Every face gets the free anchor that overlaps it most, also below the threshold. Where two
       faces want one anchor the larger overlap has it and the other face takes its next best.
    3. A face with fewer than `compensation_count` anchors is given free ones that overlap it by
       more than `compensation_threshold`, best first, up to that count; out of the `candidates`
       that overlap it most.
    4. Of the remaining anchors those with an overlap of `negative_threshold` or more, and those
       that overlap an ignored box by `ignored_threshold` or more or lie in it for the half, are
       ignored; all others are background. An ignored box smaller than the smallest anchor counts
       as large as that: by itself it would overlap none enough.

    The defaults of 1 and 3 are those of S3FD and its author's note on the code. Boxes are encoded
    with `variances`.
    """

    positive_threshold: float = 0.35
    negative_threshold: float = 0.3
    compensation_threshold: float = 0.1
    compensation_count: int = 6
    ignored_threshold: float = 0.2
    candidates: int = 16
    variances: tuple[float, ...] = VARIANCES

    def __call__(self, anchors, boxes, kinds) -> dict:
        """Training targets of one picture.

        Args:
            anchors: float32 `(A, 4)`.
            boxes: float32 `(n, 4)`; n may be 0.
            kinds: int32 `(n,)` of FACE, ABSENT, IGNORED.

        Returns:
            `labels` int32 `(A,)`: 1 face, 0 background, -1 ignored; `offsets` float32 `(A, 4)`: the
            encoded box of the anchor's face, defined where the label is 1 and zero elsewhere.
        """
        boxes = ops.concatenate([boxes, ops.zeros((1, 4), "float32")])
        kinds = ops.concatenate([ops.cast(kinds, "int32"), ops.full((1,), ABSENT, "int32")])
        overlaps = pairwise_iou(only(FACE, boxes, kinds), anchors)
        best = ops.max(overlaps, axis=0)
        # An anchor without a face is the added box's, which overlaps nothing.
        nobody = ops.shape(boxes)[0] - 1
        rows = ops.arange(nobody + 1, dtype="int32")[:, None]
        strong = overlaps >= ops.maximum(best, self.positive_threshold)
        owners = ops.min(ops.where(strong, rows, nobody), axis=0)

        strengths, choices = _strongest(overlaps, min(self.candidates, anchors.shape[0]))
        owners = _give_every_face_an_anchor(overlaps, strengths, choices, owners)
        owners = self._compensate(strengths, choices, owners)

        positive = owners < nobody
        uncertain = ops.logical_or(
            best >= self.negative_threshold, hidden(boxes, kinds, anchors, self.ignored_threshold)
        )
        return targets_of_owners(positive, uncertain, owners, boxes, anchors, self.variances)

    def _compensate(self, strengths, choices, owners):
        """Step 3. An anchor that two faces ask for goes to the one it overlaps more."""
        face_count, candidates = ops.shape(strengths)
        nobody = face_count - 1
        owned = ops.segment_sum(ops.ones_like(owners), owners, face_count)
        free = ops.logical_and(
            ops.take(owners, choices, axis=0) == nobody, strengths > self.compensation_threshold
        )
        rank = ops.cumsum(ops.cast(free, "int32"), axis=1)
        missing = self.compensation_count - owned
        asked = ops.logical_and(free, rank <= missing[:, None])
        bids = ops.reshape(ops.where(asked, strengths, 0.0), (-1,))
        choices = ops.reshape(choices, (-1,))
        wins = _winning(bids, choices, owners.shape[0])
        bidders = ops.repeat(ops.arange(face_count, dtype="int32"), candidates)
        given = ops.where(wins, bidders, nobody)
        return ops.scatter_update(owners, choices[:, None], given, reduction="min")


def _strongest(overlaps, count: int, group: int = 32):
    """`ops.top_k` along the anchors, at a third of its cost on a CPU.

    The `count` best values lie in the `count` groups of neighbours with the best maxima. Groups are
    put back in order, so that of equal overlaps the first anchor goes first, as with `ops.top_k`.
    """
    anchor_count = overlaps.shape[1]
    if anchor_count <= count * group:
        strengths, choices = ops.top_k(overlaps, count)
        return strengths, ops.cast(choices, "int32")
    if anchor_count % group:
        overlaps = ops.pad(overlaps, ((0, 0), (0, -anchor_count % group)))
    group_count = overlaps.shape[1] // group
    groups = ops.reshape(overlaps, (-1, group))
    maxima = ops.reshape(ops.max(groups, axis=1), (-1, group_count))
    chosen = ops.sort(ops.cast(ops.top_k(maxima, count)[1], "int32"), axis=1)
    members = ops.take(groups, chosen + _row_starts(chosen, group_count), axis=0)
    strengths, within = ops.top_k(ops.reshape(members, (-1, count * group)), count)
    within = ops.cast(within, "int32")
    chosen_group = ops.take(
        ops.reshape(chosen, (-1,)), within // group + _row_starts(within, count)
    )
    return strengths, chosen_group * group + within % group


def _row_starts(array, length: int):
    """Places `(n, 1)` at which the rows of an `(n, length)` array begin, once it is flat."""
    return length * ops.arange(ops.shape(array)[0], dtype="int32")[:, None]


def _winning(bids, choices, anchor_count: int):
    """Which bids get their anchor: the highest, and of equal ones the last.

    Args:
        bids: `(m,)`; those of 0 win nothing.
        choices: `(m,)` the anchors they are for.

    Returns:
        bool `(m,)`, true once for every anchor that somebody bids for.
    """
    highest = ops.scatter_update(
        ops.zeros((anchor_count,)), choices[:, None], bids, reduction="max"
    )
    wins = ops.logical_and(bids > 0.0, bids >= ops.take(highest, choices))
    places = ops.arange(ops.shape(bids)[0], dtype="int32")
    last = ops.scatter_update(
        ops.full((anchor_count,), -1, "int32"),
        choices[:, None],
        ops.where(wins, places, -1),
        reduction="max",
    )
    return ops.take(last, choices) == places


def _give_every_face_an_anchor(overlaps, strengths, choices, owners):
    """Step 2 in rounds: faces propose to their best free anchor, an anchor accepts the best.

    First among the candidates of every face, which nearly always suffices; a face whose candidates
    are all taken proposes to all anchors. `held` is the anchor of every face, one past the last
    while it has none.
    """
    face_count, candidates = ops.shape(strengths)
    anchor_count = owners.shape[0]

    def taken(held):
        flags = ops.zeros((anchor_count + 1,), "bool")
        return ops.scatter_update(flags, held[:, None], ops.ones_like(held, "bool"))

    def settle(waiting, held, strength, choice):
        accepted = _winning(strength, choice, anchor_count)
        waiting = ops.logical_and(waiting, ops.logical_and(strength > 0.0, ~accepted))
        return waiting, ops.where(accepted, choice, held)

    def propose_to_candidates(waiting, held):
        free = ops.logical_not(ops.take(taken(held), choices))
        free = ops.logical_and(free, waiting[:, None])
        first = ops.cast(ops.argmax(ops.cast(free, "int32"), axis=1), "int32")
        choice = ops.take(
            ops.reshape(choices, (-1,)), first + _row_starts(choices, candidates)[:, 0]
        )
        return settle(waiting, held, ops.max(ops.where(free, strengths, 0.0), axis=1), choice)

    def propose_to_all(waiting, held):
        free = ops.logical_and(waiting[:, None], ~taken(held)[None, :-1])
        wanted = ops.where(free, overlaps, 0.0)
        choice = ops.cast(ops.argmax(wanted, axis=1), "int32")
        return settle(waiting, held, ops.max(wanted, axis=1), choice)

    def rounds(propose, waiting, held):
        return ops.while_loop(lambda waiting, held: ops.any(waiting), propose, (waiting, held))[1]

    is_face = strengths[:, 0] > 0.0
    held = ops.full((face_count,), anchor_count, "int32")
    held = rounds(propose_to_candidates, is_face, held)
    held = rounds(propose_to_all, ops.logical_and(is_face, held == anchor_count), held)
    owners = ops.append(owners, face_count - 1)
    return ops.scatter_update(owners, held[:, None], ops.arange(face_count, dtype="int32"))[:-1]
