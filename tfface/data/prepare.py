"""Turns annotated pictures into training records.

    python -m tfface.data.prepare --list=LIST.txt --images=FOLDER --output=DIR --shards=4
    python -m tfface.data.prepare --dataset=coco --list=LIST.json --images=FOLDER --output=DIR

A run that was stopped goes on where it was: a shard is kept when the contents of its pictures, its
annotations and the options are those it was made from.
"""

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    from absl import app, flags

    from tfface.command_line import INTERRUPTED, exit_status
    from tfface.data.inside import LINKS_HELP, links_followed
    from tfface.data.plausibility import check_list
    from tfface.data.readers import READERS
    from tfface.data.recording import Options
    from tfface.data.sample import ReadReport, Sample
    from tfface.data.shards import prepare
    from tfface.pixel_limit import HELP, LARGEST_LIMIT, MAX_PIXELS, limited_pixels
    from tfface.reasons import printable


def define_flags(values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines the flags of this command; importing the module does not, lest names collide."""
    flags.DEFINE_multi_string(
        "list", [], "Annotations: a file, of VOC and YOLO their folder; repeatable.", values
    )
    flags.DEFINE_multi_enum(
        "dataset", ["wider"], list(READERS), "Of every --list, or one for all of them.", values
    )
    flags.DEFINE_alias("layout", "dataset", values)
    flags.DEFINE_multi_string("images", [], "Folder of pictures, one for each --list.", values)
    flags.DEFINE_multi_string(
        "move_edges",
        [],
        "LEFT,TOP,RIGHT,BOTTOM: how far the edges of a list's boxes move right and down, in widths "
        "and heights of the box, where it draws faces unlike the others; one for each --list, or "
        "none.",
        values,
    )
    flags.DEFINE_string("output", None, "Folder of the records.", values, required=True)
    flags.DEFINE_string("name", "train", "Start of the names of the files.", values)
    flags.DEFINE_integer("shards", 4, "Number of files.", 1, 99_999, flag_values=values)
    flags.DEFINE_integer("workers", os.cpu_count(), "Processes.", 1, 1024, flag_values=values)
    flags.DEFINE_integer("seed", 0, "Seed of the order of the pictures.", flag_values=values)
    flags.DEFINE_integer(
        "max_side",
        0,
        "Longest side of a stored picture, in pixels; 0 keeps every size.",
        0,
        flag_values=values,
    )
    flags.DEFINE_float(
        "min_face", 0, "Ignore faces with a shorter side, in pixels.", 0, 1e6, flag_values=values
    )
    flags.DEFINE_float(
        "min_score",
        0,
        "Ignore faces of which the detector that drew them was less sure: neither to be found nor "
        "background.",
        0,
        1,
        flag_values=values,
    )
    flags.DEFINE_bool(
        "soft_scores",
        False,
        "Boxes that a detector drew, with scores in the list, are faces as often as it was sure.",
        values,
    )
    flags.DEFINE_bool("follow_links", False, LINKS_HELP.capitalize() + ".", values)
    flags.DEFINE_integer(
        "max_pixels", MAX_PIXELS, HELP.capitalize() + ".", 1, LARGEST_LIMIT, flag_values=values
    )
    flags.register_validator("min_face", math.isfinite, "Expected a finite number.", values)


def main(argv: Sequence[str]) -> int:
    """Reads the lists named by the flags, writes the records and prints what they hold.

    Returns:
        The exit status: 1 where a list, a picture folder or the output is not what it has to be.
    """
    values = flags.FLAGS
    if len(argv) > 1:
        raise app.UsageError(f"expected flags only, got {argv[1:]}")
    if not values.list or len(values.list) != len(values.images):
        raise app.UsageError(
            f"expected one --images for each --list, got {len(values.list)} --list and "
            f"{len(values.images)} --images"
        )
    if len(values.dataset) not in (1, len(values.list)):
        raise app.UsageError(
            f"expected one --dataset, or one for each --list, got {len(values.list)} --list and "
            f"{len(values.dataset)} --dataset"
        )
    if len(values.move_edges) not in (0, len(values.list)):
        raise app.UsageError(
            f"expected one --move_edges for each --list, or none, got {len(values.list)} --list "
            f"and {len(values.move_edges)} --move_edges; 0,0,0,0 leaves a list as it is"
        )
    moves = [_moves(text) for text in values.move_edges or ["0,0,0,0"] * len(values.list)]
    status = exit_status(lambda: _print_lines(run(values, moves).summary()))
    if status == INTERRUPTED:
        print("The same command goes on where it was.", file=sys.stderr)
    return status


def run(values: flags.FlagValues, moves: Sequence[Sequence[float]]) -> ReadReport:
    """Prepares the lists named by the flags, and the edges of their boxes moved.

    Raises:
        ValueError, OSError: a list, a picture folder or the output is not what it has to be.
    """
    samples: list[Sample] = []
    read = ReadReport()
    layouts = values.dataset * len(values.list) if len(values.dataset) == 1 else values.dataset
    lists = zip(layouts, values.list, values.images, moves, strict=True)
    for layout, list_file, image_root, move in lists:
        with limited_pixels(values.max_pixels), links_followed(values.follow_links):
            found, report = READERS[layout](Path(list_file), Path(image_root))
            check_list(layout, list_file, found)
        samples += [sample.with_edges_moved(move) for sample in found]
        read.add(report)
    result = prepare(
        samples,
        values.output,
        values.name,
        options=Options(
            values.max_side,
            values.min_face,
            values.min_score,
            values.soft_scores,
            values.max_pixels,
        ),
        shards=values.shards,
        seed=values.seed,
        workers=values.workers,
        dropped=read,
    )
    return ReadReport.from_json(result)


def _print_lines(text: str) -> None:
    for line in text.splitlines():
        print(printable(line))


def _moves(text: str) -> list[float]:
    """The four numbers of a `--move_edges`, which must leave a box some width and height."""
    try:
        left, top, right, bottom = map(float, text.split(","))
    except ValueError:
        left = top = right = bottom = math.nan
    if not (left < 1 + right < math.inf and top < 1 + bottom < math.inf):
        raise app.UsageError(
            "expected --move_edges as four numbers that leave a box its area, such as "
            f"0.05,-0.1,-0.05,0.1, got {text!r}"
        )
    return [left, top, right, bottom]


if __name__ == "__main__":
    define_flags()
    app.run(main)
