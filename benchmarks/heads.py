"""What the heads and losses of FBI-1/2 decide: anchors and hard negatives against points.

    python -m benchmarks.heads --records 'records/train-*.tfrecord' --data DIR --output runs/heads

trains the same backbone and pyramid from scratch, with the same crops, optimiser and seeds, with
FBI's anchors or with a point a cell that faces choose by what it predicts, with different losses,
and with a teacher. Started again it goes on; a finished run is not repeated.
"""

import sys
from functools import partial

from benchmarks.comparison import Setting, compare

LABELS = ("--width=0.5", "--distillation=threshold", "--label_weight=0")

ANCHORS = (
    *LABELS,
    "--detector=FaceBoxesImproved",
    "--regression_weight=2",
    "--positive_threshold=0.35",
    "--negative_threshold=0.3",
)
HARD = (*ANCHORS, "--negative_ratio=7")
"""As in fbi-half.flags."""

_setting = partial(Setting, configuration="point-faceboxes")

SETTINGS = (
    _setting("anchors, hard negatives", flags=HARD, mines=True),
    _setting("points, quality focal, EIoU", flags=LABELS),
    _setting("points, with YuNet-n", flags=("--width=0.5",), teacher="yunet-n"),
    _setting("anchors, focal", flags=(*ANCHORS, "--sampler=focal"), seeds=1),
    _setting("anchors, EIoU", flags=(*HARD, "--regression_loss=eiou"), mines=True, seeds=1),
    _setting("points, varifocal", flags=(*LABELS, "--classification=varifocal"), seeds=1),
    _setting("points, GIoU", flags=(*LABELS, "--box_loss=giou"), seeds=1),
    _setting("points, CIoU", flags=(*LABELS, "--box_loss=ciou"), seeds=1),
    _setting("points, no average", flags=(*LABELS, "--ema_momentum=0"), seeds=1),
)


def main() -> int:
    return compare(SETTINGS, (__doc__ or "").splitlines()[0], "runs/heads")


if __name__ == "__main__":
    sys.exit(main())
