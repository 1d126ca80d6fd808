"""Finds the faces in any number of pictures, on Ray Data: here, or on the machines of a cluster.

    python -m tfface.batch 'photos/**/*.jpg' --output faces
    python -m tfface.batch --list pictures.parquet --output faces --address head:6379

The pictures are divided into shards, once; a shard is one task, and its results appear as one file,
whole or not at all. So every picture is in the output exactly once, whatever is killed: the same
command does the shards that have no file yet. Workers read the pictures and write the shards
themselves: on a cluster all paths are of a file system that its machines share.
"""

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tfface
from tfface.command_line import CommandParser, run_command
from tfface.command_options import add_pixel_option, add_precision_option, between, positive
from tfface.files import check_folder, stamp_of
from tfface.packaged import DEFAULT_PRESET
from tfface.predict.packages import optional_packages
from tfface.predict.placement import LARGEST_SIDE
from tfface.presets import PRESETS
from tfface.reasons import message_of
from tfface.shards import FORMATS, Plan, Shard, detect_shard, list_pictures

os.environ.setdefault("RAY_raylet_start_wait_time_s", "300")  # 30 are few where others work

with optional_packages("batch", __name__):
    import ray
    import ray.data
    import ray.exceptions


def start_ray(address: str | None) -> None:
    """Joins a cluster, or starts Ray on this machine, without its dashboard.

    Raises:
        OSError: neither works.
    """
    here: dict[str, Any] = {} if address else {"address": "local", "include_dashboard": False}
    try:
        ray.init(**{"address": address, "log_to_driver": False, "logging_level": "ERROR"} | here)
    except Exception as error:  # Ray 2.60 raises a plain Exception where it cannot start
        token = "; a cluster with tokens asks for RAY_AUTH_MODE=token here" if address else ""
        raise OSError(f"Ray cannot be started or reached: {error}{token}") from error


def run_plan(plan: Plan, workers: int | None) -> Iterator[dict[str, Any]]:
    """Does the shards that are not done; what was in each, as soon as its file is there.

    Raises:
        OSError: a shard cannot be written, the model cannot be read, or Ray fails.
    """
    missing = plan.missing()
    if not missing:
        return
    numbers = [shard.number for shard in missing]

    def detect_row(row: dict[str, Any]) -> dict[str, Any]:
        try:
            return detect_shard(plan, Shard(numbers[int(row["id"])]))
        except (OSError, ValueError) as error:  # as an error it would come as a hundred lines
            return {"error": message_of(error)}

    # One shard a block is one shard a task; Ray gives those of a lost process to another. Processes
    # keep the detector for the tasks that follow.
    rows = ray.data.range(len(missing), override_num_blocks=len(missing))
    done = rows.map(detect_row, num_cpus=1, concurrency=workers)
    try:
        for found in done.iter_rows():
            if "error" in found:
                raise OSError(found["error"])
            yield found
    except ray.exceptions.RayError as error:
        raise OSError(f"Ray has failed: {error}; the same command goes on") from error


def _address(text: str) -> str:
    if "://" in text:  # Ray Data 2.60 fails over it, amid the work
        raise argparse.ArgumentTypeError(
            f"expected HOST:PORT of the head, such as head:6379, or auto, got {text}; a machine "
            "outside the cluster hands the command to one inside: ray job submit"
        )
    return text


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m tfface.batch",
        description="Finds the faces in any number of pictures, on Ray Data.",
        epilog="Exit status: 0, all well; 1, pictures failed and are named in the dead letters, or "
        "nothing could be done; 130, interrupted. The same command goes on.",
    )
    parser.add_argument("pictures", nargs="*", metavar="GLOB", help="pictures; ** for any folders")
    parser.add_argument(
        "--list",
        type=Path,
        metavar="FILE",
        help="further pictures: a text file with one a line, or a Parquet file with a column path",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="of the shards")
    parser.add_argument("--format", choices=FORMATS, default=FORMATS[0], help="of the shards")
    parser.add_argument(
        "--shard_size",
        type=positive,
        default=256,
        help="pictures of a shard, which a killed worker does again (default: %(default)s)",
    )
    parser.add_argument(
        "--address",
        type=_address,
        help="of the head of a Ray cluster that this machine is part of (head:6379), or auto "
        "(default: only this machine)",
    )
    parser.add_argument(
        "--workers", type=positive, help="processes that detect (default: one a processor)"
    )
    parser.add_argument("--model", default=DEFAULT_PRESET, help="preset, or path of a model")
    add_precision_option(parser)
    parser.add_argument("--threshold", type=between(0, 1), default=0.5, help="lowest score")
    parser.add_argument(
        "--long_side", type=between(0, LARGEST_SIDE, int), help="as that of tfface.detect"
    )
    add_pixel_option(parser)
    return parser


def _run(options: argparse.Namespace) -> int:
    pictures = list_pictures(options.pictures, options.list)
    check_folder(options.output)
    names = ("model", "precision", "threshold", "long_side", "max_pixels", "shard_size", "format")
    settings = {name: getattr(options, name) for name in names}
    if options.model not in PRESETS:  # of workers, which have working folders of their own
        settings["model"] = os.path.abspath(options.model)
    settings |= {"version": tfface.__version__, "model_file": stamp_of(settings["model"])}
    plan = Plan.begin(options.output.absolute(), pictures, settings)
    before = len(plan.missing())
    start_ray(options.address)
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    start, tried = time.monotonic(), 0
    for count, found in enumerate(run_plan(plan, options.workers), start=1):
        tried += int(found["pictures"])
        rate = tried / (time.monotonic() - start)
        print(
            f"[{plan.count - before + count}/{plan.count}] {found['file']}: "
            f"{found['pictures']} pictures, {found['failed']} failed; {rate:.1f} a second",
            file=sys.stderr,
            flush=True,
        )
    pictures_done, failed = plan.complete()
    print(f"{options.output}: {pictures_done} pictures, of which {failed} failed", file=sys.stderr)
    return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), _run, arguments)


if __name__ == "__main__":
    sys.exit(main())
