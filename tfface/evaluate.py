"""Evaluates a detector on data sets of faces or your own pictures, with the protocol of each.

    python -m tfface.evaluate --model fbi-1 --data DIR --long_side 640 --json result.json
    python -m tfface.evaluate --model fbi-1 --dataset fddb --data DIR --long_side 640

For WIDER FACE `DIR` holds `WIDER_val/images` and `ground_truth/*.mat`; without `--data` it is
`$TFFACE_DATA/widerface`. For FDDB it holds `originalPics` and `FDDB-folds`; without `--data` it is
`$TFFACE_DATA/fddb`. docs/own-data.md has the folders of AFW, PASCAL Face and MAFA. Only pictures
that are present are evaluated, and their number is part of the result. Your own pictures, with
annotations as of COCO, Pascal VOC, YOLO or CSV:

    python -m tfface.evaluate --model fbi-1 --dataset coco --list faces.json --images pictures

    python -m tfface.evaluate --model fbi-1 yunet-n --data DIR --long_side 640 --report report
    python -m tfface.evaluate --model fbi-1 --data DIR --report report --compare predictions/other

writes `report/index.html`: results, curves, kinds of faces, the worst misses and the surest false
alarms of several detectors, also of those whose detections lie in folders in the official layout
(`--predictions`, `python -m measure.peers --predictions`).
"""

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from tfface.predict.packages import import_optional, optional_packages

with optional_packages("evaluate", __name__):
    import tfface
    from tfface.command_line import CommandParser, run_command, stream_beside
    from tfface.command_options import add_precision_option, between, strategy_text
    from tfface.evaluation.benchmarks import BENCHMARKS, Benchmark
    from tfface.evaluation.commands import command_line, read_command, write_command
    from tfface.evaluation.data_options import add_data_options, open_dataset
    from tfface.evaluation.outputs import PAGE, check_outputs, name_of, prediction_folders
    from tfface.evaluation.pictures import PictureSet
    from tfface.evaluation.report.subject import Subject
    from tfface.evaluation.result_file import result_file
    from tfface.evaluation.runner import SCORE_THRESHOLD, detect_pictures
    from tfface.files import STANDARD_OUTPUT, write_json
    from tfface.predict.litert import MAX_THREADS
    from tfface.predict.placement import LARGEST_SIDE
    from tfface.predict.strategy import FORMS, parse_strategy
    from tfface.presets import PRESETS
    from tfface.reasons import printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    command = command_line("tfface.evaluate", given)
    return run_command(_parser(), partial(_evaluate, command), given, failed=2)


def _evaluate(command: str, options: argparse.Namespace) -> None:
    """Evaluates as the options say.

    Raises:
        OSError, ValueError, ImportError: a detector, data set or output that is not there.
    """
    benchmark = BENCHMARKS[options.dataset]
    _check_names(options)
    check_outputs(options)
    for package in ("scipy", "matplotlib") if options.plot or options.report else ("scipy",):
        import_optional(package, extra="evaluate")  # rather than miss it after minutes
    folder, dataset = open_dataset(benchmark, options)
    compared = [_compared(path, benchmark, dataset) for path in options.compare]
    subjects = [_subject(model, benchmark, dataset, command, options) for model in options.model]
    if options.report:
        import_optional("tfface.evaluation.report.report", extra="evaluate").write_report(
            options.report / PAGE,
            [*subjects, *compared],
            dataset,
            benchmark.describe(folder, dataset),
            _protocol(benchmark, options),
            [*(read_command(path) or f"# {path}" for path in options.compare), command],
        )
        print(f"wrote {printable(str(options.report / PAGE))}", file=_stream(options))
    for subject in compared:
        table = benchmark.format_table(subject.results)
        print(subject.name, table, sep="\n", file=_stream(options))


def _subject(
    model: str,
    benchmark: Benchmark,
    dataset: PictureSet[Any],
    command: str,
    options: argparse.Namespace,
) -> Subject:
    """Runs a detector, prints its result and writes what the options ask for."""
    detector = tfface.FaceDetector.from_preset(
        model, threads=options.threads, precision=options.precision
    )
    run = detect_pictures(
        detector,
        dataset.image_root,
        dataset.ground_truth,
        options.long_side,
        options.scale,
        options.threshold,
        progress=True,
        strategy=parse_strategy(options.strategy) if options.strategy else None,
    )
    results = benchmark.evaluate(run.predictions, dataset.ground_truth)
    pictures = {"evaluated": len(dataset.ground_truth), "listed": dataset.listed}
    origin = (
        f"{_shown(model)}{_precision(model, options)}, {_test_size(options)}, score threshold "
        f"{options.threshold:g}"
    )
    heading = (
        f"{origin}\n{_protocol(benchmark, options)}\n"
        f"{pictures['evaluated']} of {pictures['listed']} pictures"
    )
    if options.json:
        report = result_file(
            model,
            options,
            _protocol(benchmark, options),
            _test_size(options),
            pictures,
            run,
            results,
        )
        write_json(options.json, report)
    if options.plot:
        benchmark.plot(results, options.plot, heading)
    if options.predictions:
        output = prediction_folders(options)[options.model.index(model)]
        benchmark.write_predictions(run.predictions, output)
        write_command(output, command)
    # Last: what was asked for is there also where standard output is full or closed.
    print(heading, benchmark.format_table(results), sep="\n", file=_stream(options))
    return Subject(_shown(model), run.predictions, results, origin, own=True)


def _compared(folder: Path, benchmark: Benchmark, dataset: PictureSet[Any]) -> Subject:
    """A detector whose predictions lie in a folder."""
    predictions = benchmark.read_predictions(folder, dataset.ground_truth)
    results = benchmark.evaluate(predictions, dataset.ground_truth)
    origin = f"detections in {printable(str(folder))}"
    return Subject(_shown(folder), predictions, results, origin, own=False)


def _shown(path: str | Path) -> str:
    """The name of a detector: a terminal, a plot and a page take no other than text."""
    return printable(name_of(path))


def _stream(options: argparse.Namespace) -> TextIO:
    """Where to print what people read, beside what is written to standard output."""
    is_taken = STANDARD_OUTPUT in (options.json, options.plot)
    return stream_beside(STANDARD_OUTPUT if is_taken else None)


def _check_names(options: argparse.Namespace) -> None:
    """Raises ValueError where the detectors do not fit what is asked for."""
    names = [name_of(path) for path in (*options.model, *options.compare)]
    if not names:
        raise ValueError("expected a detector, got none; give --model, or --compare and --report")
    if options.compare and not options.report:
        raise ValueError("expected --report beside --compare, got none; name a folder for it")
    if len(set(names)) < len(names):
        raise ValueError(
            f"expected detectors of different names, got {', '.join(names)}; rename a file or "
            "folder"
        )
    for option in ("json", "plot"):
        if getattr(options, option) and len(options.model) != 1:
            raise ValueError(f"expected one --model beside --{option}, got {len(options.model)}")
    if options.predictions and not options.model:
        raise ValueError("expected a --model beside --predictions, got none")


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m tfface.evaluate",
        description="Evaluate a face detector on WIDER FACE, FDDB, AFW, PASCAL Face, MAFA or your "
        "own pictures.",
    )
    parser.add_argument(
        "--model",
        nargs="+",
        default=[],
        help="name of a preset, or path of a .tflite, SavedModel or .keras; several for a report",
    )
    add_precision_option(parser)
    add_data_options(parser)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--long_side",
        type=between(0, LARGEST_SIDE, int),
        default=0,
        help="resize every picture, also up, to this long side in pixels; 0: its own size",
    )
    size.add_argument(
        "--scale", type=between(1 / 64, 16), default=1.0, help="resize every picture by this factor"
    )
    size.add_argument(
        "--strategy",
        type=strategy_text,
        help=f"search pictures at several sizes or in tiles and join the faces: {FORMS}",
    )
    parser.add_argument(
        "--threshold",
        type=between(0, 1),
        default=SCORE_THRESHOLD,
        help="lowest score that is kept; a high one lowers the result (default: %(default)s)",
    )
    parser.add_argument(
        "--threads", type=between(1, MAX_THREADS, int), default=1, help="threads of the runtime"
    )
    parser.add_argument("--json", type=Path, help="file for the result with all its conditions")
    parser.add_argument("--plot", type=Path, help="PNG file for the curves")
    parser.add_argument(
        "--predictions", type=Path, help="folder for the detections in the official layout"
    )
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="folder for a page that compares the detectors"
    )
    parser.add_argument(
        "--compare",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders of other detectors' --predictions, named after them, for the report",
    )
    return parser


def _protocol(benchmark: Benchmark, options: argparse.Namespace) -> str:
    """What was measured; a strategy, which the test size names, may search at several scales."""
    suffix = ", single scale" if options.strategy else ""
    return benchmark.protocol.removesuffix(suffix)


def _test_size(options: argparse.Namespace) -> str:
    if options.strategy:
        return str(options.strategy)
    if options.long_side:
        return f"long side {options.long_side}"
    return "original size" if options.scale == 1 else f"{options.scale:g} x original size"


def _precision(model: str, options: argparse.Namespace) -> str:
    return f" {options.precision}" if model in PRESETS else ""


if __name__ == "__main__":
    sys.exit(main())
