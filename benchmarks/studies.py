"""Runs of `train.main` that a study makes one after the other, and goes on with."""

import argparse
import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """What a command that trains asks for."""
    parser.add_argument("--records", required=True, help="TFRecord files; a glob")
    parser.add_argument(
        "--flags",
        type=shlex.split,
        default=[],
        help="further flags of train.main for every run, such as '--image_size=160 --steps=500'",
    )


def add_commands(
    parser: argparse.ArgumentParser, functions: Iterable[Callable[..., None]], output: str
) -> dict[str, argparse.ArgumentParser]:
    """The commands of a study, by name, each of a function with a docstring, with usual options.

    Args:
        parser: of the study.
        functions: `train`, `measure` and `table` among them.
        output: default of the folder for its runs.
    """
    commands = parser.add_subparsers(required=True)
    by_name = {}
    for function in functions:
        name = function.__name__
        by_name[name] = commands.add_parser(name, help=(function.__doc__ or "").split(".")[0])
        by_name[name].set_defaults(run=function)
        by_name[name].add_argument("--output", type=Path, default=Path(output))
    add_run_options(by_name["train"])
    by_name["train"].add_argument("--seconds", type=float, help="after which a run is ended")
    by_name["measure"].add_argument("--data", type=Path, required=True, help="folder of WIDER FACE")
    by_name["measure"].add_argument("--long_side", type=int, default=640, help="pixels")
    by_name["table"].add_argument("--csv", type=Path, help="also write the table to this file")
    return by_name


def run_folder(output: Path, name: str, seed: int) -> Path:
    """The folder of a run of the setting `name`, which has letters, digits and dashes alone."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in name).strip("-")
    return output / f"{plain}-{seed}"


def make_run(folder: Path, arguments: Sequence[str], seconds: float | None = None) -> None:
    """Trains into a folder, or goes on there; a finished run is left as it is.

    Args:
        arguments: flags of `train.main`, without `--output`.
        seconds: after which the run is ended, with its state saved.

    Raises:
        SystemExit: the run failed.
    """
    if (folder / "final.keras").is_file():
        return
    command = [sys.executable, "-m", "train.main", *arguments, f"--output={folder}"]
    status = run_for(command, seconds)
    if status not in (0, 128 + signal.SIGTERM):
        sys.exit(f"The study stops: the run {folder} failed; its message is above.")
    print(f"{folder}: {'done' if status == 0 else 'ended; the same command goes on'}", flush=True)


def run_for(command: list[str], seconds: float | None) -> int:
    """The status of a command, which is asked to end after some seconds."""
    process = subprocess.Popen(command)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise


def results(folders: Iterable[Path]) -> list[dict[str, Any]]:
    """What `result.json` of each folder says, of those that have one.

    Raises:
        ValueError: none has.
    """
    files = [folder / "result.json" for folder in folders]
    rows = [json.loads(file.read_text()) for file in files if file.is_file()]
    if not rows:
        places = sorted({str(file.parent.parent) for file in files})
        raise ValueError(f"expected results of `measure` in {', '.join(places)}, got none")
    return rows


def print_results(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    """Prints a line a run, and how far the seeds of a setting are apart in the columns `names`."""
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    for setting in dict.fromkeys(row["setting"] for row in rows):
        same = [row for row in rows if row["setting"] == setting]
        if len(same) > 1:
            columns = {name: [row[name] for row in same] for name in names}
            spread = ", ".join(f"{name} {max(v) - min(v):.2f}" for name, v in columns.items())
            print(f"{setting}: the seeds differ by {spread}")
