"""Two steps of prediction on some levels of a pyramid: what the second is left, and learns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors, level_of_anchors
from tfface.boxes import compose, decode, encode
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
        scores, offsets = self._flat(maps["scores"]), self._flat(maps["offsets"], 4)
        for index, first in zip(self.classified, self._flat(maps["first_scores"]), strict=True):
            scores[index] = filtered_scores(first, scores[index], filter_logit)
        for index, first in zip(self.moved, self._flat(maps["first_offsets"], 4), strict=True):
            offsets[index] = compose(first, offsets[index], self.variances)
        return {
            "scores": ops.concatenate(scores, axis=1),
            "offsets": ops.concatenate(offsets, axis=1),
        }

    def separate(self, maps: dict, filter_logit) -> dict:
        """What the losses need, of each step for itself.

        Returns:
            `second_scores` `(B, A)`, `second_offsets` `(B, A, 4)`, `remaining` bool `(B, A)`, which
            anchors the first step leaves to the second; and, of the levels that have a first step,
            `first_scores` `(B, A1)` and `first_offsets` `(B, A2, 4)`.
        """
        scores = self._flat(maps["scores"])
        first_scores = self._flat(maps["first_scores"])
        first_offsets = self._flat(maps["first_offsets"], 4)
        remaining = [ops.ones_like(of_level, "bool") for of_level in scores]
        for index, first in zip(self.classified, first_scores, strict=True):
            remaining[index] = ops.stop_gradient(first) >= filter_logit
        outputs = {
            "second_scores": ops.concatenate(scores, axis=1),
            "second_offsets": ops.concatenate(self._flat(maps["offsets"], 4), axis=1),
            "remaining": ops.concatenate(remaining, axis=1),
        }
        if first_scores:
            outputs["first_scores"] = ops.concatenate(first_scores, axis=1)
        if first_offsets:
            outputs["first_offsets"] = ops.concatenate(first_offsets, axis=1)
        return outputs

    def anchors_of(self, levels: Sequence[int], height: int, width: int) -> np.ndarray:
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
        parts = ops.split(of_all, np.cumsum(counts)[:-1].tolist(), axis=1)
        places = np.cumsum(counts[list(self.moved)])[:-1].tolist()
        for index, part in zip(self.moved, ops.split(of_moved, places, axis=1), strict=True):
            parts[index] = part
        return ops.concatenate(parts, axis=1)

    def _flat(self, maps: Sequence, values: int = 1) -> list:
        """Every map as `(B, n)`, or `(B, n, values)`."""
        shape = () if values == 1 else (values,)
        return [ops.reshape(level, (ops.shape(level)[0], -1, *shape)) for level in maps]


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
