"""Anchors x faces -> positive, negative or ignored.

The same code runs inside tf.data (TensorFlow backend), one picture at a time with its own number of faces, and
inside a compiled step (JAX backend), mapped over a batch with faces padded to a fixed number.
"""

from dataclasses import dataclass

from keras import ops

from tfface.boxes import encode, pairwise_iou

FACE, ABSENT, IGNORED = 1, 0, -1
"""Kinds of boxes: to be found; padding; neither face nor background."""


@dataclass(frozen=True)
class AnchorMatcher:
    """Assigns faces to anchors as S3FD does (arXiv:1708.05237, section 3.2), and loses no face.

    1. An anchor whose best face overlaps it by `positive_threshold` or more is that face's.
    2. Every face gets the free anchor that overlaps it most, also below the threshold. Where two faces want one
       anchor the larger overlap has it and the other face takes its next best.
    3. A face with fewer than `compensation_count` anchors is given free ones that overlap it by more than
       `compensation_threshold`, best first, up to that count; out of the `candidates` that overlap it most.
    4. Of the remaining anchors those with an overlap of `negative_threshold` or more, and those that overlap an
       ignored box by `ignored_threshold` or more, are ignored; all others are background.

    The defaults of 1 and 3 are those of S3FD and its author's note on the code.
    """

    positive_threshold: float = 0.35
    negative_threshold: float = 0.3
    compensation_threshold: float = 0.1
    compensation_count: int = 6
    ignored_threshold: float = 0.2
    candidates: int = 16

    def __call__(self, anchors, boxes, kinds) -> dict:
        """Training targets of one picture.

        Args:
            anchors: float32 `(A, 4)`.
            boxes: float32 `(n, 4)`; n may be 0.
            kinds: int32 `(n,)` of FACE, ABSENT, IGNORED.

        Returns:
            `labels` int32 `(A,)`: 1 face, 0 background, -1 ignored; `offsets` float32 `(A, 4)`: the encoded box of
            the anchor's face, defined where the label is 1 and zero elsewhere.
        """
        boxes = ops.concatenate([boxes, ops.zeros((1, 4), "float32")])
        kinds = ops.concatenate([ops.cast(kinds, "int32"), ops.full((1,), ABSENT, "int32")])
        overlaps = pairwise_iou(_only(FACE, boxes, kinds), anchors)
        hidden = ops.cond(
            ops.any(kinds == IGNORED),
            lambda: ops.max(pairwise_iou(_only(IGNORED, boxes, kinds), anchors), axis=0),
            lambda: ops.zeros(anchors.shape[0], "float32"),
        )

        best = ops.max(overlaps, axis=0)
        owners = ops.where(
            best >= self.positive_threshold, ops.cast(ops.argmax(overlaps, axis=0), "int32"), -1
        )
        strengths, choices = _strongest(overlaps, min(self.candidates, anchors.shape[0]))
        owners = _give_every_face_an_anchor(overlaps, strengths, choices, owners)
        owners = self._compensate(strengths, choices, owners)

        positive = owners >= 0
        uncertain = ops.logical_or(
            best >= self.negative_threshold, hidden >= self.ignored_threshold
        )
        labels = ops.where(positive, 1, ops.where(uncertain, -1, 0))
        matched = ops.take(boxes, ops.maximum(owners, 0), axis=0)
        offsets = ops.where(positive[:, None], encode(matched, anchors), 0.0)
        return {"labels": ops.cast(labels, "int32"), "offsets": offsets}

    def _compensate(self, strengths, choices, owners):
        """Step 3. An anchor that two faces ask for goes to the one it overlaps more."""
        face_count = ops.shape(strengths)[0]
        owned = ops.segment_sum(
            ops.ones_like(owners), ops.where(owners < 0, face_count, owners), face_count + 1
        )[:-1]
        free = ops.logical_and(
            ops.take(owners, choices, axis=0) < 0, strengths > self.compensation_threshold
        )
        rank = ops.cumsum(ops.cast(free, "int32"), axis=1)
        missing = self.compensation_count - owned
        asked = ops.logical_and(free, rank <= missing[:, None])
        return _award(ops.where(asked, strengths, 0.0), choices, owners)


def _only(kind: int, boxes, kinds):
    """The boxes, without area where they are of another kind: those overlap nothing."""
    return ops.where((kinds == kind)[:, None], boxes, 0.0)


def _strongest(overlaps, count: int, group: int = 32):
    """`ops.top_k` along the anchors, at a third of its cost on a CPU.

    The best `count` values lie in the `count` groups of neighbours with the best maxima. Groups are
    put back in order, so that of equal overlaps the first anchor goes first, as with `ops.top_k`.
    """
    anchor_count = overlaps.shape[1]
    if anchor_count <= count * group:
        strengths, choices = ops.top_k(overlaps, count)
        return strengths, ops.cast(choices, "int32")
    groups = ops.pad(overlaps, ((0, 0), (0, -anchor_count % group)))
    groups = ops.reshape(groups, (-1, -(-anchor_count // group), group))
    chosen = ops.sort(ops.cast(ops.top_k(ops.max(groups, axis=2), count)[1], "int32"), axis=1)
    places = ops.reshape(chosen[:, :, None] * group + ops.arange(group), (-1, count * group))
    members = ops.reshape(ops.take_along_axis(groups, chosen[:, :, None], axis=1), (-1, count * group))
    strengths, choices = ops.top_k(members, count)
    return strengths, ops.take_along_axis(places, ops.cast(choices, "int32"), axis=1)


def _award(strengths, choices, owners):
    """Every anchor goes to the face that bids most for it; of equal bids the last face's counts.

    Args:
        strengths: `(n, k)` bids, 0 for none.
        choices: `(n, k)` the anchors they are for.
        owners: `(A,)` kept where nobody bids.
    """
    bidders = ops.repeat(ops.arange(ops.shape(strengths)[0], dtype="int32"), strengths.shape[1])
    strengths, choices = ops.reshape(strengths, (-1,)), ops.reshape(choices, (-1,))
    strongest = ops.segment_max(strengths, choices, num_segments=owners.shape[0])
    wins = ops.logical_and(strengths > 0.0, strengths >= ops.take(strongest, choices, axis=0))
    winner = ops.segment_max(ops.where(wins, bidders, -1), choices, num_segments=owners.shape[0])
    return ops.where(winner >= 0, winner, owners)


def _give_every_face_an_anchor(overlaps, strengths, choices, owners):
    """Step 2 in rounds: faces propose to their best free anchor, each anchor accepts its best proposal.

    First among the candidates of every face, which nearly always suffices; a face whose candidates are all
    taken proposes to all anchors.
    """

    def settle(waiting, taken, owners, strength, choice):
        given = _award(strength[:, None], choice[:, None], ops.full_like(owners, -1))
        faces = ops.arange(ops.shape(strength)[0], dtype="int32")
        accepted = ops.take(given, choice, axis=0) == faces
        still_waiting = ops.logical_and(
            waiting, ops.logical_and(strength > 0.0, ops.logical_not(accepted))
        )
        taken = ops.logical_or(taken, given >= 0)
        return still_waiting, taken, ops.where(given >= 0, given, owners)

    def propose_to_candidates(waiting, taken, owners):
        free = ops.logical_not(ops.take(taken, choices, axis=0))
        wanted = ops.where(ops.logical_and(waiting[:, None], free), strengths, 0.0)
        first = ops.argmax(wanted, axis=1)
        choice = ops.take_along_axis(choices, first[:, None], axis=1)[:, 0]
        return settle(waiting, taken, owners, ops.max(wanted, axis=1), choice)

    def propose_to_all(waiting, taken, owners):
        wanted = ops.where(
            ops.logical_and(waiting[:, None], ops.logical_not(taken)[None, :]), overlaps, 0.0
        )
        choice = ops.cast(ops.argmax(wanted, axis=1), "int32")
        return settle(waiting, taken, owners, ops.max(wanted, axis=1), choice)

    def rounds(propose, waiting, taken, owners):
        return ops.while_loop(
            lambda waiting, taken, owners: ops.any(waiting), propose, (waiting, taken, owners)
        )

    is_face = strengths[:, 0] > 0.0
    nothing_taken = ops.zeros(owners.shape, "bool")
    _, taken, owners = rounds(propose_to_candidates, is_face, nothing_taken, owners)
    winners = ops.where(taken, owners, ops.shape(is_face)[0])
    served = ops.segment_sum(ops.ones_like(winners), winners, ops.shape(is_face)[0] + 1)[:-1] > 0
    unserved = ops.logical_and(is_face, ops.logical_not(served))
    return rounds(propose_to_all, unserved, taken, owners)[2]
