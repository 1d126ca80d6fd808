"""Which detectors a benchmark measures, as its command line says."""

import argparse
from pathlib import Path

from measure.peers import PEERS
from tfface.packaged import PRECISIONS


def add_detector_options(parser: argparse.ArgumentParser) -> None:
    """`models`, `--peers` and `--precision`, as `measure.peers.open_detector` takes them."""
    parser.add_argument(
        "models", nargs="+", help=f"presets, files of detectors, or of {', '.join(PEERS)}"
    )
    parser.add_argument("--peers", type=Path, help="folder of weight files ($TFFACE_PEERS)")
    parser.add_argument("--precision", default=PRECISIONS[0], help="of presets")
