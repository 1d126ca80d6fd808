"""What distillation brings: Tables 2, 3 and 6 of kd_fbi, at the scale that a machine allows.

    python -m benchmarks.distillation --records 'records/train-*.tfrecord' --data DIR \\
        --steps 1500 --output runs/distillation

trains students from scratch, with the same data, schedule and seed, with labels alone (GT) and with
a teacher in different ways, and measures each on WIDER FACE validation and FDDB: FBI-1/2 with FBI-1
by the scores of anchors or with YuNet-n by feature maps, and a PlainYuNet, whose later layers begin
with those of YuNet-n, with that by feature maps, scores and boxes. Started again it goes on; a
finished run is not repeated.
"""

import sys
from functools import partial

from benchmarks.comparison import Setting, compare

MAPS = ("--distillation=maps", "--label_weight=1")

SMALL = ("--depths=0,0", "--first_channels=0", "--initial_weights=yunet-n")
"""The layers of plain-yunet-s before stride 8, YuNet-n's behind them."""

_fbi = partial(Setting, configuration="fbi-half", mines=True)
_plain = partial(Setting, configuration="plain-yunet")

SETTINGS = (
    _fbi("GT"),
    _fbi("mimic all", flags=("--beta=0", "--alpha=0"), teacher="fbi-1"),
    _fbi("adaptive, beta 6.4", flags=("--beta=6.4", "--gamma=3.2"), teacher="fbi-1"),
    _fbi("maps of YuNet-n", flags=MAPS, teacher="yunet-n"),
    _fbi("constant 0.1", flags=("--beta=0", "--alpha=0.1"), teacher="fbi-1", seeds=1),
    _fbi("adaptive, beta 2.0", flags=("--beta=2.0", "--gamma=3.2"), teacher="fbi-1", seeds=1),
    _plain("PlainYuNet, GT", flags=(*SMALL, "--distillation=threshold")),
    _plain("PlainYuNet, maps", flags=SMALL, teacher="yunet-n"),
    _plain("PlainYuNet, maps and GT", flags=(*SMALL, "--label_weight=1"), teacher="yunet-n"),
)


def main() -> int:
    return compare(SETTINGS, (__doc__ or "").splitlines()[0], "runs/distillation")


if __name__ == "__main__":
    sys.exit(main())
