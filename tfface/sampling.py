"""Which anchors train."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, scales_of_anchors

Sampler = Literal["hard_negatives", "all", "random", "group", "ohem", "focal"]
"""Ways to choose the anchors that train.

- `hard_negatives`: faces, and for each some background with the highest losses (SSD);
- `all`: all that are not ignored;
- `random`: so many of all scales together, a quarter of them faces at most (Faster R-CNN);
- `group`: so many of every scale (group sampling);
- `ohem`: those with the highest losses of all (Table 4 of group sampling);
- `focal`: all, by the focal loss.

`random` and `group` choose in the data stage: what they leave out has the label -1 there.
"""

SEEDS = 1 << 24
"""Seeds that a uniform number, a float32, tells apart."""


def seed_of(number):
    """The seed that a uniform number in 0..1 stands for: int32 scalar."""
    return ops.cast(ops.floor(number * SEEDS), "int32")


def group_sample(
    labels, groups, count: int, seed, positive_fraction: float = 0.25, group_count: int = 0
):
    """As many anchors of every group, drawn evenly without replacement (group sampling, 4.2).

    Of a group `count` anchors are drawn, at most `positive_fraction` of them faces; a shortage of
    faces is filled with background. A group with fewer anchors gives all that it may. The same
    seed draws the same anchors on every backend, compiled or not.

    Args:
        labels: int `(..., A)`: 1 face, 0 background, -1 neither; 0 faces are as good as some.
        groups: int `(A,)` or `(..., A)` from 0 on: the scale of each anchor.
        count: N, at least 1.
        seed: whole number or int32 `(...)`, of each row of labels its own.
        positive_fraction: 0..1.
        group_count: number of groups; needed where `groups` is no NumPy array.

    Returns:
        bool `(..., A)`: whether an anchor is drawn.

    Raises:
        ValueError: a count below 1, a fraction outside of 0..1, or no number of groups.
    """
    if count < 1 or not 0.0 <= positive_fraction <= 1.0:
        raise ValueError(
            "expected a count of 1 or more and a positive_fraction in 0..1, got "
            f"{count} and {positive_fraction}"
        )
    if not group_count:
        group_count = _group_count(groups)
    order = shuffled(labels.shape[-1], seed)
    drawn = []
    for group in range(group_count):
        member = ops.equal(groups, group)
        faces = ops.logical_and(labels == 1, member)
        faces = _first(order, faces, int(count * positive_fraction))
        missing = count - ops.sum(ops.cast(faces, "int32"), axis=-1, keepdims=True)
        others = ops.logical_and(labels == 0, member)
        drawn.append(ops.logical_or(faces, _first(order, others, count, missing)))
    return ops.any(ops.stack(drawn), axis=0) if drawn else ops.zeros_like(labels, "bool")


def _group_count(groups: Any) -> int:
    if isinstance(groups, np.ndarray | list | tuple):
        return int(np.max(groups, initial=-1)) + 1
    raise ValueError("expected group_count beside groups that are a tensor, got none")


def _first(order, candidates, most: int, wanted=None):
    """The candidates that come first in an order, `wanted` `(..., 1)` of at most `most`: bool."""
    most = min(most, order.shape[-1])
    if not most:
        return ops.zeros_like(candidates, "bool")
    ranks = ops.where(candidates, order, -1)  # the highest comes first
    ranked = ops.top_k(ranks, most)[0]
    if wanted is None:
        last = ranked[..., -1:]
    else:
        last = ops.take_along_axis(ranked, ops.clip(wanted, 1, most) - 1, axis=-1)
        candidates = ops.logical_and(candidates, wanted > 0)
    return ops.logical_and(candidates, ranks >= last)


@dataclass(frozen=True, eq=False)
class GroupSampling:
    """Labels of which those are kept that `group_sample` draws; the others become -1.

    Attributes:
        groups: int32 `(A,)` from 0 on.
        count, positive_fraction: as in `group_sample`.
    """

    groups: np.ndarray
    count: int
    positive_fraction: float

    @classmethod
    def of_levels(
        cls, settings: Any, levels: Sequence[AnchorLevel], height: int, width: int
    ) -> Self | None:
        """The sampling of the anchors over an image; None where it is not by groups.

        Args:
            settings: `sampler`, `group_samples`, `positive_fraction`.
        """
        if settings.sampler not in ("random", "group"):
            return None
        scales, groups = np.unique(scales_of_anchors(levels, height, width), return_inverse=True)
        count = settings.group_samples
        if settings.sampler == "random":
            groups, count = np.zeros_like(groups), count * len(scales)
        return cls(groups.astype("int32"), count, settings.positive_fraction)

    def of_anchors(self, anchors: np.ndarray) -> Self:
        """The sampling of some of the anchors, int `(n,)`."""
        return type(self)(self.groups[anchors], self.count, self.positive_fraction)

    def __call__(self, labels, seed):
        """Labels int32 `(..., A)` by a seed `(...)`."""
        drawn = group_sample(labels, self.groups, self.count, seed, self.positive_fraction)
        return ops.where(drawn, labels, -1)


_LOWER = 0x7FFFFFFF


def _mixed(numbers):
    """A permutation of the whole numbers of 31 bits in which neighbours land far apart.

    It is the one that Chris Wellons found for 32 bits (lowbias32), with two rounds in 31 bits.
    Products wrap, and every bit that is lost is above those that are kept.
    """
    for factor in (0x7FEB352D, 0x046CA68B):
        numbers = ops.bitwise_xor(numbers, ops.right_shift(numbers, 16))
        numbers = ops.bitwise_and(numbers * ops.array(factor, "int32"), _LOWER)
        numbers = ops.bitwise_xor(numbers, ops.right_shift(numbers, 15))
    return numbers


def shuffled(count: int, seed):
    """Numbers `(..., count)`, no two alike, whose order is that of a seed `(...)`: int32.

    Backends draw different random numbers from a seed; whole numbers are the same on all.
    """
    first = _mixed(ops.bitwise_and(ops.cast(seed, "int32"), _LOWER))[..., None]
    first = ops.bitwise_xor(first, 0x2AAAAAAA)
    second = _mixed(ops.bitwise_xor(first, 0x55555555))
    places = ops.arange(count, dtype="int32")
    return _mixed(ops.bitwise_xor(_mixed(ops.bitwise_xor(places, first)), second))


def sampled_anchors(
    sampler: Sampler, losses, labels, ratio=3.0, minimum: int = 16, hardest: int = 1024
):
    """The anchors whose classification trains: bool `(B, A)`.

    Args:
        sampler: see there.
        losses, labels, ratio, minimum: as in `hard_negatives`.
        hardest: of `ohem`, anchors of a picture.

    Raises:
        ValueError: another sampler.
    """
    if sampler in ("all", "random", "group", "focal"):
        return labels >= 0
    if sampler == "hard_negatives":
        return ops.logical_or(labels == 1, hard_negatives(losses, labels, ratio, minimum))
    if sampler == "ohem":
        return hardest_anchors(losses, labels, hardest)
    raise ValueError(
        f"expected the sampler hard_negatives, all, random, group, ohem or focal, got {sampler!r}"
    )


def hardest_anchors(losses, labels, count: int):
    """The anchors with the highest losses, picture by picture (OHEM): bool `(B, A)`.

    Args:
        losses: `(B, A)`, not negative; labels: int `(B, A)`, -1 is never chosen.
        count: of each picture (B in section 6.2 of group sampling, whose batch on a GPU is one
            picture). Of equal losses all are taken.
    """
    counted = labels >= 0
    ranks = ops.where(counted, losses, -1.0)
    last = ops.top_k(ranks, min(count, ranks.shape[-1]))[0][..., -1:]
    return ops.logical_and(counted, ranks >= last)


def hard_negatives(losses, labels, ratio, minimum: int):
    """The background anchors with the highest losses, picture by picture (as in SSD).

    Args:
        losses: `(B, A)` classification loss of every anchor.
        labels: `(B, A)` int: 1 face, 0 background, -1 ignored.
        ratio: negatives for each positive anchor of the picture, a number or a scalar tensor.
        minimum: negatives of a picture with fewer positives, so that pictures without a face train
            too.

    Returns:
        bool `(B, A)`. At most a quarter of all anchors is chosen. Of anchors whose loss equals the
        last one chosen all are taken.
    """
    negative = labels == 0
    positives = ops.sum(ops.cast(labels == 1, "int32"), axis=-1)
    most = max(losses.shape[-1] // 4, 1)
    wanted = ops.cast(ops.cast(positives, "float32") * ratio, "int32")
    wanted = ops.clip(wanted, min(minimum, most), most)
    candidates = ops.where(negative, losses, -1.0)
    ranked = ops.top_k(candidates, most)[0]
    last = ops.take_along_axis(ranked, ops.maximum(wanted, 1)[:, None] - 1, axis=-1)
    last = ops.where(wanted[:, None] > 0, last, float("inf"))
    return ops.logical_and(negative, ops.logical_and(candidates >= last, candidates > 0.0))


def annealed_ratio(step, steps: int, first: float, last: float):
    """Negatives for each positive while mining becomes harder.

    From `first` to `last`, evenly in octaves. A network without pretraining that sees only the
    hardest of 20,000 negatives learns that all anchors are alike: what makes one face score higher
    lifts some of the hardest negatives, and they weigh as much. With many negatives it ranks them
    first.

    Args:
        step: integer scalar, from 0.
        steps: when `last` is reached; 0 for `last` from the beginning.
    """
    if not steps:
        return last
    progress = ops.minimum(ops.cast(step, "float32") / steps, 1.0)
    return first * ops.power(last / first, progress)
