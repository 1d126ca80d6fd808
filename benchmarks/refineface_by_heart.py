"""The records of `train/configs/refineface-by-heart.flags`: a few pictures with faces that count.

    python -m benchmarks.refineface_by_heart --records 'records/train-*.tfrecord' \\
        --output runs/by-heart/pictures.tfrecord

They become square, with the mean colour below or beside, so that they are trained and validated at
the same size. At 160 pixels a face of an eighth of a picture's long side has 20; pictures with
smaller faces, or without any, are passed over.
"""

import sys
from argparse import Namespace
from itertools import islice
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import cv2
    import numpy as np

    from tfface.data.augmentation import FILL
    from tfface.data.records import Record, decode_picture, read_records, serialize, write_shard
    from train.batches import matching_files


def has_large_faces_only(record: Record, share: float) -> bool:
    """Whether a picture has faces, and all boxes have a longer side of that share of its own."""
    longer = np.max(record.boxes[:, 2:] - record.boxes[:, :2], axis=1, initial=0.0)
    long_side = max(record.height, record.width)
    some = len(record.boxes) > 0 and not record.ignored.all()
    return bool(some and (longer >= share * long_side).all())


def as_square(record: Record) -> Record:
    """The picture in the upper left corner of a square of the mean colour."""
    side = max(record.height, record.width)
    canvas = np.full((side, side, 3), np.round(FILL), np.uint8)
    canvas[: record.height, : record.width] = decode_picture(record)
    encoded = cv2.imencode(".jpg", canvas[..., ::-1])[1].tobytes()
    return Record(record.name, encoded, side, side, record.boxes, record.ignored)


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--records", required=True, help="TFRecord files; a glob")
    parser.add_argument("--count", type=int, default=64, help="pictures")
    parser.add_argument("--share", type=float, default=1 / 8, help="smallest face, of a long side")
    parser.add_argument("--output", type=Path, required=True, help="TFRecord file")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Writes the pictures that are chosen."""
    records = read_records(matching_files([options.records]))
    chosen = list(
        islice((r for r in records if has_large_faces_only(r, options.share)), options.count)
    )
    options.output.parent.mkdir(parents=True, exist_ok=True)
    write_shard(options.output, [serialize(as_square(record)) for record in chosen])
    print(f"{options.output}: {len(chosen)} pictures, {sum(len(r.boxes) for r in chosen)} faces")


if __name__ == "__main__":
    sys.exit(main())
