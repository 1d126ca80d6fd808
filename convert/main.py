"""Converts a detector into a file for deployment, and checks that both find the same faces.

    python -m convert.main --model=runs/fbi-1/best.keras --output=fbi-1.tflite
    python -m convert.main --model=fbi-1 --precision=int8 --output=fbi-1-int8.tflite
    python -m convert.main --model=fbi-1 --output=served/fbi-1/1 --format=saved_model

The file takes raw RGB pixels and returns boxes in pixels, scores and their number; the contract is
in tfface/predict/signature.py. Nothing is at --output before the check has passed.
"""

import dataclasses
import os
from argparse import ArgumentTypeError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    from absl import app, flags, logging

    from convert.pictures import calibration_pictures, parity_pictures, training_pictures
    from convert.quantization import CALIBRATED, PRECISIONS
    from tfface.command_line import exit_status, stream_beside
    from tfface.command_options import width_by_height
    from tfface.files import check_file, is_stream
    from tfface.pixel_limit import HELP, LARGEST_LIMIT, MAX_PIXELS, limited_pixels
    from tfface.predict import signature
    from tfface.predict.close_faces import SUSPECT_SCORE
    from tfface.predict.selection import Selection

FORMATS = ("tflite", "saved_model")
SIGNATURES = {"faces": signature.NAME, "candidates": signature.CANDIDATES}
"""Of TFLite files, by --outputs."""


def define_flags(values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines the flags of this command; importing the module does not, lest names collide."""
    flags.DEFINE_string(
        "model",
        None,
        "Preset, .keras file, folder of a training run, or checkpoint in one.",
        values,
        required=True,
    )
    flags.DEFINE_string("output", None, "FILE.tflite, or folder.", values, required=True)
    flags.DEFINE_enum("format", None, FORMATS, "Default: by the suffix of --output.", values)
    flags.DEFINE_string(
        "size", "any", "Width and height that the file takes, as 640x480, or any.", values
    )
    flags.DEFINE_enum(
        "outputs",
        "faces",
        list(SIGNATURES),
        "Of a TFLite file: faces, or all boxes with their scores, of which whoever runs it "
        "suppresses duplicates.",
        values,
    )
    flags.DEFINE_integer(
        "batch", 1, "Pictures that a TFLite file takes at a time.", 1, flag_values=values
    )
    usual = " Default: as the detector says."
    flags.DEFINE_float(
        "score_threshold",
        None,
        f"Of faces, below which nothing is in the file's answer.{usual}",
        flag_values=values,
    )
    flags.DEFINE_float(
        "iou_threshold", None, f"Of non-maximum suppression, in 0..1.{usual}", flag_values=values
    )
    flags.DEFINE_integer(
        "candidates", None, f"The most boxes to decode and compare.{usual}", flag_values=values
    )
    flags.DEFINE_integer("max_detections", None, f"The most faces.{usual}", flag_values=values)
    flags.DEFINE_enum(
        "precision", "float32", PRECISIONS, "Of weights and activations in a TFLite file.", values
    )
    flags.DEFINE_string(
        "calibration_images",
        None,
        "Folder of pictures that set the ranges of int8 and int16x8: best those it was trained on; "
        "default: the training pictures of WIDER FACE in $TFFACE_DATA, else those of "
        "--parity_images.",
        values,
    )
    flags.DEFINE_string(
        "parity_images",
        None,
        "Folder of pictures with faces to check the file on; of many, some that lie evenly among "
        "them; default: pictures that Matplotlib and scikit-image bring.",
        values,
    )
    flags.DEFINE_integer(
        "max_pixels", MAX_PIXELS, HELP.capitalize() + ".", 1, LARGEST_LIMIT, flag_values=values
    )


def parse_size(text: str) -> tuple[int, int] | None:
    """Height and width of `640x480`; None for `any`.

    Raises:
        ValueError: neither.
    """
    if text == "any":
        return None
    try:
        return width_by_height(text)
    except ArgumentTypeError as error:
        raise ValueError(
            f"expected a --size such as 640x480 (width x height) or any, got {text!r}"
        ) from error


def choose_format(output: Path, named: str | None) -> str:
    """The format named, or that of the suffix: `.tflite`, or none for a SavedModel's folder.

    What goes to standard output or a device is a file.

    Raises:
        ValueError: another suffix, and no format named.
    """
    if named:
        return named
    if output.suffix not in (".tflite", "") and not is_stream(output):
        raise ValueError(
            f"expected an --output FILE.tflite or a folder without suffix, got {output}; "
            f"name the --format: {' or '.join(FORMATS)}"
        )
    return "tflite" if output.suffix or is_stream(output) else "saved_model"


def calibration_folder(named: str | None, otherwise: str | None) -> str | None:
    """The folder of pictures to calibrate on, as the flags and the environment say."""
    if named:
        return named
    if "TFFACE_DATA" in os.environ:
        trained_on = training_pictures(Path(os.environ["TFFACE_DATA"]) / "widerface")
        if trained_on:
            return trained_on
    logging.warning(
        "calibrating on %s; the pictures that the detector was trained on make a better file, name "
        "them by --calibration_images",
        otherwise or "two pictures",
    )
    return otherwise


def chosen_selection(usual: Selection, values: flags.FlagValues) -> Selection:
    """The selection of a detector, with what the flags say in its place.

    Raises:
        ValueError: a number outside its range.
    """
    names = [field.name for field in dataclasses.fields(Selection)]
    given: dict[str, Any] = {
        name: values[name].value for name in names if values[name].value is not None
    }
    selection = dataclasses.replace(usual, **given)
    if selection.score_threshold > SUSPECT_SCORE:
        logging.warning(
            "files have no box below --score_threshold=%g: lower thresholds of detection find "
            "nothing more, and FaceDetector, which looks twice at pictures with a large box from "
            "%g on, misses some of the faces that fill a picture",
            selection.score_threshold,
            SUSPECT_SCORE,
        )
    return selection


def check_calibration(values: flags.FlagValues) -> None:
    """Raises ValueError for pictures to calibrate on where nothing is calibrated."""
    if values.calibration_images and values.precision not in CALIBRATED:
        raise ValueError(
            f"expected --precision={' or '.join(CALIBRATED)} beside --calibration_images, got "
            f"{values.precision}, which needs none"
        )


def check_saved_model(values: flags.FlagValues) -> None:
    """Raises ValueError for flags that only make sense for TFLite files."""
    for name in ("precision", "outputs", "batch"):
        flag = values[name]
        if flag.value != flag.default:
            raise ValueError(
                f"expected --{name}={flag.default} for a SavedModel, which is float32, takes any "
                f"number of pictures and has all signatures, got {flag.value}"
            )


def run(values: flags.FlagValues) -> None:
    """Converts as the flags say.

    Raises:
        ValueError, OSError: a flag that makes no sense, a file that cannot be read or written, a
            detector that cannot be converted, or a file that does not find what the detector finds.
    """
    output, size = Path(values.output), parse_size(values.size)
    named = choose_format(output, values.format)
    check_calibration(values)
    if named != "tflite":
        check_saved_model(values)
    # TensorFlow takes seconds to load: not before the flags are known to make sense.
    with optional_packages("train"):
        from convert import writers
        from convert.saved_model import check_model_folder
        from tfface.detectors.loading import load_detector

    if named == "tflite":
        check_file(output)
    else:
        check_model_folder(output)
    images = parity_pictures(values.parity_images, size)
    detector = load_detector(values.model)
    selection = chosen_selection(detector.selection, values)
    conversion = writers.Conversion(detector, values.model, images, selection, size)
    if named == "saved_model":
        parity = writers.write_saved_model(conversion, output)
    else:
        calibration = []
        if values.precision in CALIBRATED:
            folder = calibration_folder(values.calibration_images, values.parity_images)
            calibration = calibration_pictures(folder, size)
        name = SIGNATURES[values.outputs]
        form = writers.Form(values.precision, calibration, name, values.batch)
        parity = writers.write_tflite(conversion, output, form)
    print(f"{output}: {parity}", file=stream_beside(output))


def main(argv: Sequence[str]) -> int:
    """The command; returns its exit status."""
    if len(argv) > 1:
        raise app.UsageError(f"expected flags only, got {argv[1:]}")
    logging.set_verbosity(logging.WARNING)  # TensorFlow logs every step of saving
    with limited_pixels(flags.FLAGS.max_pixels):
        return exit_status(lambda: run(flags.FLAGS))


if __name__ == "__main__":
    define_flags()
    app.run(main)
