"""False alarms a picture, by kind of picture and by score.

    python -m benchmarks.false_alarms fbi-1 fbi-half yunet_n --pictures DIR --peers DIR

Every box on a picture of `--pictures` is one too many; the kind is what the file's name says before
the first underscore. The pictures of nothing (`benchmarks.nothing`) are made here, each in five
sizes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.nothing import NOTHING, SIZES
from measure.peers import PEERS, open_detector
from tfface.command_line import CommandParser
from tfface.evaluation.runner import PictureDetector
from tfface.image import Image, read_image
from tfface.packaged import PRECISIONS
from tfface.picture_files import find_pictures

THRESHOLDS = (0.3, 0.5, 0.7)


def pictures(folder: Path | None) -> Iterator[tuple[str, Image]]:
    """Kind and picture: those of nothing, and those of a folder."""
    for make in NOTHING.values():
        for size in SIZES:
            yield "nothing", make(size)
    for path in find_pictures([folder]).pictures if folder else ():
        yield path.stem.split("_")[0], read_image(path)


def count(
    detector: PictureDetector, pictures: Iterable[tuple[str, Image]], long_side: int | None
) -> dict[str, list[float]]:
    """By kind: boxes a picture above each of `THRESHOLDS`."""
    scores = defaultdict(list)
    for kind, image in pictures:
        scores[kind].append(detector.detect(image, min(THRESHOLDS), long_side).scores)
    return {
        kind: [float(np.mean([np.sum(s >= t) for s in of_kind])) for t in THRESHOLDS]
        for kind, of_kind in scores.items()
    }


def main() -> None:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "models", nargs="+", help=f"presets, files of detectors, or of {', '.join(PEERS)}"
    )
    parser.add_argument("--pictures", type=Path, help="folder of pictures without a face")
    parser.add_argument("--peers", type=Path, help="folder of the peers' weight files")
    parser.add_argument("--precision", default=PRECISIONS[0], help="of presets")
    parser.add_argument(
        "--long_side", type=int, help="as of FaceDetector.detect (default: its default)"
    )
    options = parser.parse_args()
    print(f"boxes a picture above {', '.join(map(str, THRESHOLDS))}")
    for model in options.models:
        detector = open_detector(model, options.peers, precision=options.precision)
        for kind, means in count(detector, pictures(options.pictures), options.long_side).items():
            print(f"{Path(model).name:16} {kind:12}" + "".join(f"{mean:8.2f}" for mean in means))


if __name__ == "__main__":
    main()
