"""Two steps of prediction on some levels of a pyramid: what the second is left, and learns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors, level_of_anchors
from tfface.boxes import compose, decode, encode
from tfface.detectors.base import concatenate, flat
from tfface.matching import ThresholdMatcher


@dataclass(frozen=True)
class TwoSteps:
    """Which levels have a first step, and how both become one.

    Attributes:
        levels: where the anchors are.
        classified: indices of the levels whose first step leaves out background (STC).
        moved: indices of the levels whose first step moves the anchors (STR).
        variances: of the offsets.
    """

    levels: tuple[AnchorLevel, ...]
    classified: tuple[int, ...]
    moved: tuple[int, ...]
    variances: tuple[float, ...]

    def join(self, maps: dict, filter_logit) -> dict:
        """Scores `(B, A)` and offsets `(B, A, 4)` of both steps together.

        Args:
            maps: `scores` and `offsets` of every level, `first_scores` and `first_offsets` of those
                with a first step, each `(B, rows, columns, n)` or `(B, rows, columns, 4 n)`.
            filter_logit: anchors with a lower one in the first step are left out.
        """
        scores, offsets = _flat(maps["scores"]), _flat(maps["offsets"], 4)
        for index, first in zip(self.classified, _flat(maps["first_scores"]), strict=True):
            scores[index] = filtered_scores(first, scores[index], filter_logit)
        for index, first in zip(self.moved, _flat(maps["first_offsets"], 4), strict=True):
            offsets[index] = compose(first, offsets[index], self.variances)
        return {
            "scores": concatenate(scores),
            "offsets": concatenate(offsets),
        }

    def separate(self, maps: dict, filter_logit) -> dict:
        """What the losses need, of each step for itself.

        Returns:
            `second_scores` `(B, A)`, `second_offsets` `(B, A, 4)`, `remaining` bool `(B, A)`, which
            anchors the first step leaves to the second; and, of the levels that have a first step,
            `first_scores` `(B, A1)` and `first_offsets` `(B, A2, 4)`.
        """
        scores = _flat(maps["scores"])
        first_scores = _flat(maps["first_scores"])
        first_offsets = _flat(maps["first_offsets"], 4)
        remaining = [ops.ones_like(of_level, "bool") for of_level in scores]
        for index, first in zip(self.classified, first_scores, strict=True):
            remaining[index] = ops.stop_gradient(first) >= filter_logit
        outputs = {
            "second_scores": concatenate(scores),
            "second_offsets": concatenate(_flat(maps["offsets"], 4)),
            "remaining": concatenate(remaining),
        }
        if first_scores:
            outputs["first_scores"] = concatenate(first_scores)
        if first_offsets:
            outputs["first_offsets"] = concatenate(first_offsets)
        return outputs

    def anchors_of(self, levels: Collection[int], height: int, width: int) -> np.ndarray:
        """The numbers of all anchors of some levels: int32 `(n,)`."""
        chosen = np.isin(level_of_anchors(self.levels, height, width), list(levels))
        return np.flatnonzero(chosen).astype("int32")

    def second_targets(
        self, targets: dict, first_offsets, matcher: ThresholdMatcher, height: int, width: int
    ) -> tuple:
        """Labels `(B, A)` and offsets `(B, A, 4)` of the second step.

        Where the first step has moved anchors, faces are matched to where those are now.

        Args:
            targets: of `tfface.targets.TwoStepTargets`.
            first_offsets: `(B, A2, 4)` of `separate`; not used where no level is moved.
            matcher: of refined anchors.
        """
        if not self.moved:
            return targets["labels"], targets["offsets"]
        anchors = grid_anchors(self.levels, height, width)
        moved = anchors[self.anchors_of(self.moved, height, width)]
        refined = ops.stop_gradient(decode(first_offsets, moved, self.variances))
        new_labels, faces = matcher(refined, targets["faces"], targets["kinds"])
        new_offsets = encode(faces, refined, self.variances)
        return (
            self._replace(targets["labels"], new_labels, height, width),
            self._replace(targets["offsets"], new_offsets, height, width),
        )

    def _replace(self, of_all, of_moved, height: int, width: int):
        """Values of all anchors, with others on the levels that are moved."""
        counts = np.bincount(level_of_anchors(self.levels, height, width))
        parts = _split(of_all, counts)
        others = _split(of_moved, counts[list(self.moved)])
        for index, other in zip(self.moved, others, strict=True):
            parts[index] = other
        return concatenate(parts)


def _flat(maps: Sequence, values: int = 1) -> list:
    return [flat(level, values) for level in maps]


def _split(values, counts: np.ndarray) -> list:
    """Parts of `(B, n, ...)` with so many anchors, one after the other."""
    ends = np.cumsum(counts).tolist()
    starts = [0, *ends[:-1]]
    return [values[:, start:end] for start, end in zip(starts, ends, strict=True)]


def filtered_scores(first, second, filter_logit):
    """Logits of the second step where the first leaves an anchor to it, else the lower of both.

    What the first step leaves out has thus a score below its threshold, and still its rank.

    Args:
        first, second: logits of the same shape.
        filter_logit: where `first` is below it the anchor is left out.
    """
    # Not `where`, by which XNNPACK would cut a graph into pieces; a rise of logits by 1e4 is
    # beyond any `second`.
    missing = ops.relu(filter_logit - first)
    passed = 1.0 - ops.minimum(ops.ceil(missing), 1.0)
    return ops.minimum(second, first + 1e4 * passed)
