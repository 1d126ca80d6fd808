"""Shows what is in a TFLite file, and how much of it XNNPACK runs.

    python -m measure.inspect fbi-1.tflite
    python -m measure.inspect fbi-1.tflite --size 720x1280 --json

Any TFLite file will do, and the name of a preset.
"""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages(None, __name__):
    from measure.anatomy import DEFAULT_SIZE, inspect_file
    from tfface.command_line import CommandParser, run_command
    from tfface.command_options import add_precision_option, width_by_height


def format_report(report: Mapping[str, Any]) -> str:
    """What `measure.anatomy.inspect_content` returns, for people to read."""
    return "\n".join(
        [
            f"{report['file']}: {report['bytes']:,} bytes, {_with_parts('weights', report)}",
            *_signature_lines(report["signatures"]),
            *_metadata_lines(report["metadata"]),
            "",
            *_operator_lines(report),
        ]
    )


def _with_parts(key: str, report: Mapping[str, Any]) -> str:
    """`1,200 weights (float32 1,000, int32 200)`."""
    parts = ", ".join(f"{name} {number:,}" for name, number in report[key].items())
    total = f"{sum(report[key].values()):,} {key.replace('_', '-')}"
    return f"{total} ({parts})" if parts else total


def _signature_lines(signatures: Mapping[str, Any]) -> Iterator[str]:
    for name, tensors in signatures.items():
        yield f"signature {name}" if name else "no signature"
        for kind in ("inputs", "outputs"):
            for tensor in tensors[kind]:
                shape = "x".join("?" if axis == -1 else str(axis) for axis in tensor["shape"])
                line = f"  {kind[:-1]:6}  {tensor['name']:24} {tensor['type']:8} {shape}"
                yield line + _quantization(tensor["quantization"])


def _quantization(parameters: Mapping[str, Any] | None) -> str:
    if parameters is None:
        return ""
    if len(parameters["scales"]) > 1:
        return f"  {len(parameters['scales'])} scales"
    return f"  {parameters['scales'][0]:g} * (q - {parameters['zero_points'][0]})"


def _metadata_lines(metadata: Mapping[str, Any] | None) -> Iterator[str]:
    if metadata is None:
        yield "no metadata of tfface"
        return
    yield "metadata of tfface"
    for key, value in metadata.items():
        yield f"  {key:12}  {value if isinstance(value, str) else json.dumps(value)}"


def _operator_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The operators one by one, and what they come to."""
    delegation = report["delegation"]
    pieces = delegation["partitions"]
    if report["size"]:
        height, width = report["size"]
        yield f"at a height of {height} and a width of {width}"
    yield _with_parts("multiply_adds", report)
    line = f"{sum(report['operators'].values())} operators, {sum(pieces)} of them in XNNPACK"
    yield f"{line}, partitions: {len(pieces)} {pieces}"
    if report["further_graphs"]:
        yield f"further graphs (loops, other signatures), not counted: {report['further_graphs']}"
    yield f"  {'operator':26} {'all':>6} {'XNNPACK':>8} {'LiteRT':>8}"
    for name, number in report["operators"].items():
        delegated = delegation["delegated"].get(name, 0)
        yield f"  {name:26} {number:6} {delegated or '':>8} {number - delegated or '':>8}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    parser = CommandParser(
        prog="python -m measure.inspect",
        description="Shows what is in a TFLite file, and how much of it XNNPACK runs.",
    )
    parser.add_argument("file", metavar="FILE", help="TFLite file, or preset")
    add_precision_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--size",
        type=width_by_height,
        metavar="WIDTHxHEIGHT",
        help="for a file that takes every size (default: {}x{})".format(*DEFAULT_SIZE[::-1]),
    )
    return run_command(parser, run, arguments)


def run(options: Namespace) -> None:
    """Inspects the file that the options name, and prints what is in it.

    Raises:
        ValueError, OSError: as `measure.anatomy.inspect_file`.
    """
    report = inspect_file(options.file, options.size, options.precision)
    print(json.dumps(report, indent=2) if options.json else format_report(report))


if __name__ == "__main__":
    sys.exit(main())
