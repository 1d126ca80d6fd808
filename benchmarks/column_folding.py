"""Milliseconds of files as shipped, and with many columns of the picture read at once.

    python -m benchmarks.column_folding fbi-1 plain-yunet --precision int8
    python -m benchmarks.column_folding fbi-1 plain-yunet --without_tiles

A file and its folded form take turns in LiteRT, from a picture with faces to boxes, with one
thread. On a processor with AMX `FaceDetector` folds by itself; `--without_tiles` denies AMX to this
process, which has XNNPACK take the kernels of a processor that lacks it.
"""

import argparse
import ctypes
import struct
import sys
from collections.abc import Callable, Sequence

from tfface.command_line import CommandParser, run_command
from tfface.command_options import positive, width_by_height
from tfface.predict.packages import optional_packages

with optional_packages("evaluate", __name__):
    import numpy as np

    from measure.conditions import processor
    from measure.contestants import picture_with_faces
    from measure.timing import WARM_UP_ROUNDS, take_turns
    from tfface.predict.column_folding import fold_columns
    from tfface.predict.litert import load_interpreter
    from tfface.presets import find_preset

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_ARCH_PRCTL, _REQUEST_TILES = 158, 0x1023
_REFUSED, _ALLOWED = 0x0005_0001, 0x7FFF_0000


def deny_tiles() -> None:
    """Has Linux on x86-64 refuse this process the tiles of AMX, which programs have to ask for.

    Raises:
        OSError: the system takes no such filter.
    """
    # Of the number of a system call, then of its first argument: jumps, and what to answer.
    program = [
        (0x20, 0, 0, 0),
        (0x15, 0, 3, _ARCH_PRCTL),
        (0x20, 0, 0, 16),
        (0x15, 0, 1, _REQUEST_TILES),
        (0x06, 0, 0, _REFUSED),
        (0x06, 0, 0, _ALLOWED),
    ]
    instructions = ctypes.create_string_buffer(
        b"".join(struct.pack("HBBI", *each) for each in program)
    )
    described = struct.pack("HxxxxxxP", len(program), ctypes.addressof(instructions))
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or system.prctl(
        _SET_SECCOMP, _FILTER, described, 0, 0
    ):
        raise OSError(ctypes.get_errno(), "expected Linux to take a filter of system calls")


def runner(content: bytes, name: str, image: np.ndarray) -> Callable[[], object]:
    """Detects the faces of one picture with one thread."""
    interpreter = load_interpreter(content, name, num_threads=1)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, (1, *image.shape))
    interpreter.allocate_tensors()

    def run() -> None:
        interpreter.set_tensor(index, image[None])
        interpreter.invoke()

    return run


def run(options: argparse.Namespace) -> None:
    """Measures what the options say, and prints a table.

    Raises:
        ValueError, OSError: no such preset or precision, or tiles cannot be denied here.
    """
    if options.without_tiles:
        deny_tiles()
    image = picture_with_faces(options.size)
    calls = []
    for name in options.names:
        content = find_preset(name).read(options.precision)
        calls += [runner(each, name, image) for each in (content, fold_columns(content))]
    ms = np.median(take_turns(calls, options.rounds, WARM_UP_ROUNDS), axis=1).reshape(-1, 2)
    tiles = "without tiles, " if options.without_tiles else ""
    print(f"{options.precision}, one thread, {tiles}{options.rounds} rounds, {processor()}\n")
    print("| | as shipped | folded |", "|---|---|---|", sep="\n")
    for name, (shipped, folded) in zip(options.names, ms, strict=True):
        print(f"| {name} | {shipped:.2f} | {folded:.2f} |")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        default=["plain-yunet", "plain-yunet-s", "fbi-1", "fbi-half"],
        help="presets",
    )
    parser.add_argument("--precision", choices=("int8", "dynamic"), default="int8")
    parser.add_argument(
        "--size", type=width_by_height, default="640x480", help="WIDTHxHEIGHT of the picture"
    )
    parser.add_argument("--rounds", type=positive, default=100)
    parser.add_argument("--without_tiles", action="store_true", help="as without AMX")
    return run_command(parser, run, arguments)


if __name__ == "__main__":
    sys.exit(main())
