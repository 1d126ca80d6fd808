"""Finds the faces in picture files and folders.

python -m tfface.detect family.jpg holidays/ --output annotated --json faces.json
python -m tfface.detect film.mp4 --output hidden --blur
python -m tfface.detect --camera 0 --jsonl faces.jsonl
find . -name '*.jpg' | python -m tfface.detect - --csv faces.csv --crops faces
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import tfface
from tfface.command_line import INTERRUPTED
from tfface.detect_file import detect_file
from tfface.detect_options import COPIES, LOOKS, SEARCH, parse
from tfface.exports import EXPORTS
from tfface.files import STANDARD_OUTPUT, check_folder, is_stream, open_output, stamp_of
from tfface.interrupts import terminated_like_interrupted
from tfface.journal import Journal
from tfface.named_pictures import expand
from tfface.ordered import in_order
from tfface.picture_files import PictureFiles, find_pictures
from tfface.places import Places, Source, places_of
from tfface.predict.face_detector import FaceDetector
from tfface.presets import PRESETS
from tfface.reasons import message_of, printable, reason_of
from tfface.results import JsonReport


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    options = parse(arguments)
    try:
        with terminated_like_interrupted():
            return _run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # who read the results has seen enough
        return 1
    except (ImportError, MemoryError, OSError, ValueError) as error:
        print(f"error: {message_of(error)}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    """Searches what the options name; returns the exit status.

    Raises:
        ImportError, OSError, ValueError: nothing could be done; the message says why.
    """
    paths, options.content = expand(options.pictures)
    found = find_pictures(paths)
    folders = [path for path in paths if os.path.isdir(path)]
    passed = "; ".join(found.passed_over())
    sources: list[Source] = [*found.pictures, *options.camera]
    if not sources:
        named = ", ".join(map(str, options.pictures))
        raise ValueError(f"found no pictures in {named}" + (f": {passed}" if passed else ""))
    if passed:
        print(printable(passed), file=sys.stderr)
    outputs = _outputs(options, found)
    with ExitStack() as stack:
        file = stack.enter_context(open_output(outputs["json"]))
        detectors = [
            FaceDetector.from_preset(
                options.model, options.threads, options.precision, options.isolated
            )
            for _ in range(min(options.batch_size, len(sources)))
        ]
        exports = [
            EXPORTS[name](stack.enter_context(open_output(path)))
            for name, path in outputs.items()
            if name in EXPORTS
        ]
        report = JsonReport(file, _settings(options), exports)
        files = [Path(path) for path in outputs.values() if not is_stream(path)]
        journal = stack.enter_context(_journal(files[0] if files else None, options))
        for folder, reason in found.unlisted.items():
            report.write(_failure(folder, reason))
        status = INTERRUPTED
        try:
            places = places_of(sources, options, folders)
            detect_files(detectors, sources, places, options, report, journal)
            status = 1 if report.failed else 0
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
        tried = report.tried - len(found.unlisted)
        report.close(found.skipped, [str(source) for source in sources[tried:]])
    if status != INTERRUPTED:
        journal.remove()
    return status


def _outputs(options: argparse.Namespace, found: PictureFiles) -> dict[str, str | Path]:
    """The files of results by the option that names them; JSON goes nowhere unless it is asked for.

    Raises:
        OSError, ValueError: one cannot be written, is a picture to search, or that of two options.
    """
    others = {name: getattr(options, name) for name in EXPORTS if getattr(options, name)}
    folders = [each for each in (options.output, options.crops, options.yolo) if each]
    json_path = options.json or (os.devnull if folders or others else STANDARD_OUTPUT)
    outputs = {"json": json_path, **others}
    pictures = {os.path.realpath(picture) for picture in found.pictures}
    options_of: dict[str, str] = {}
    for name, path in outputs.items():
        place = os.path.realpath(path)
        if place in pictures:
            raise ValueError(f"expected a file for --{name}, got the picture {path}")
        other = options_of.setdefault(place, name)
        if other != name and place != os.devnull:
            raise ValueError(
                f"expected a file of its own for --{name}, got {path}, where --{other} writes; "
                "name another"
            )
    for folder in folders:
        check_folder(folder)
    return outputs


def detect_files(
    detectors: Sequence[FaceDetector],
    sources: Sequence[Source],
    places: Sequence[Places],
    options: argparse.Namespace,
    report: JsonReport,
    journal: Journal,
) -> None:
    """Writes the result for every source to the report, and copies to their folders.

    What fails is reported with the reason, and the others are searched: as many at a time as there
    are detectors. What is in the journal already, and has its copies, is taken from there.
    """

    def result_of(detector: FaceDetector, item: tuple[Source, Places]) -> tuple[dict, bool]:
        source, places = item
        known = journal.result(source)
        if known is not None and places.have_copies(known):
            return known, True
        try:
            return detect_file(detector, source, places, options), False
        except Exception as error:  # whatever it is, it must not cost the other pictures
            return _failure(source, reason_of(error)), False

    begin, searched = time.monotonic(), 0
    items = list(zip(sources, places, strict=True))
    for number, (result, is_known) in enumerate(in_order(result_of, items, detectors), start=1):
        source = sources[number - 1]
        if is_known:
            report.write(result)
            continue
        result = _write(source, result, report, journal)
        searched += 1
        pace = _pace(searched, len(sources) - number, time.monotonic() - begin)
        summary = printable(_summary(result))
        print(f"[{number}/{len(sources)}]", f"{summary} ({pace})", file=sys.stderr)


def _write(
    source: Source, result: dict[str, Any], report: JsonReport, journal: Journal
) -> dict[str, Any]:
    """Reports and keeps a result; returns it, of a video with the numbers of frames and faces."""
    if "frames" in result:
        counts: Counter[str] = Counter()
        errors: list[Exception] = []
        frames = journal.keep(_counted(result["frames"], counts, errors))
        try:
            report.write(result | {"frames": frames})
        except Exception as error:
            if error not in errors:  # of writing, which fails for the others too
                raise
            result = _failure(source, reason_of(error))
            report.write(result)
        else:
            journal.write(source, result | {"frames": counts["frames"]})
            result = result | dict(counts) | result["ending"]
    else:
        report.write(result)
        if "error" not in result:
            journal.write(source, result)
    return result


def _counted(
    frames: Iterable[Mapping[str, Any]], counts: Counter[str], errors: list[Exception]
) -> Iterator[Mapping[str, Any]]:
    """Passes frames on; counts them and their faces, and notes what ends the search of them."""
    try:
        for frame in frames:
            counts.update(frames=1, faces_in_frames=len(frame["faces"]))
            yield frame
    except Exception as error:  # of one frame, as of one picture
        errors.append(error)
        raise


def _pace(searched: int, left: int, seconds: float) -> str:
    """How fast it goes, and how long it will take."""
    rate = searched / max(seconds, 1e-6)
    return f"{rate:.3g}/s" + (f", {timedelta(seconds=round(left / rate))} left" if left else "")


def _failure(source: Source, reason: str) -> dict[str, Any]:
    named = reason if reason.startswith(f"{source}:") else f"{source}: {reason}"
    return {"file": str(source), "error": named}


def _summary(result: Mapping[str, Any]) -> str:
    if "error" in result:
        return f"failed: {result['error']}"
    notes = "".join(f"; {note}" for note in result.get("notes", ()))
    if "frames" in result:
        frames, faces = result["frames"], result["faces_in_frames"]
        return f"{result['file']}: frames: {frames}, faces in them: {faces}{notes}"
    return f"{result['file']}: faces: {len(result['faces'])}{notes}"


def _settings(options: argparse.Namespace) -> dict[str, object]:
    """What stands in the report before the pictures."""
    named = ["model", *(["precision"] if options.model in PRESETS else []), *SEARCH]
    named += [name for name in LOOKS if getattr(options, name)]
    return {name: getattr(options, name) for name in named}


def _journal(output: Path | None, options: argparse.Namespace) -> Journal:
    """What an earlier run of the same command, which was ended, has found; none for a stream."""
    names = ("model", "precision", *SEARCH, *LOOKS, *COPIES, "max_pixels")
    settings: dict[str, object] = {name: getattr(options, name) for name in names}
    settings |= {"version": tfface.__version__, "model_file": stamp_of(options.model)}
    path = output.with_name(f".{output.name}.journal") if output else None
    return Journal(path, settings)


if __name__ == "__main__":
    sys.exit(main())
