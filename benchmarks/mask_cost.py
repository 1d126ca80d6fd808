"""Whether masks save time: Table 3 of feature_masking, and what a trained detector masks.

    python -m benchmarks.mask_cost --data DIR                          # the full UF-SSD, untrained
    python -m benchmarks.mask_cost --data DIR --model runs/masking/*/final.keras

Pictures of WIDER FACE validation, reduced to a square of `--side` pixels. Of each detector: the
share of cells that its masks set to zero, boxes with a score above 0.05 before suppression, and
milliseconds of the network, of suppression and of both, in LiteRT on one thread. They are those of
the processor, which other programs change least, and the files take turns. Also how many pictures a
second get the ground-truth masks of six levels.

The full detectors are untrained: what they mask and find means nothing, and neither does the
time of suppression, but the networks are those of Table 3.
"""

import datetime
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from tfface.command_line import CommandParser, run_command
from tfface.command_options import positive
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    from benchmarks.complexity import count
    from benchmarks.tables import write_csv
    from convert.graph import DetectionGraph
    from convert.tflite import to_tflite
    from measure.conditions import processor
    from tfface.detectors.base import Detector
    from tfface.detectors.loading import load_detector
    from tfface.detectors.uf_ssd import LEVELS, UFSSD
    from tfface.evaluation.wider_files import open_wider
    from tfface.image import read_image
    from tfface.masks import face_masks, mask_level
    from tfface.matching import FACE
    from tfface.predict import signature
    from tfface.predict.placement import place
    from tfface.predict.suppression import suppress_candidates
    from tfface.rgb import Image

LIKELY = 0.05
"""Score above which boxes are counted."""


def main() -> int:
    parser = CommandParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with widerface")
    parser.add_argument("--model", nargs="*", default=[], help="presets or .keras files")
    parser.add_argument("--side", type=positive, default=640, help="of the pictures, pixels")
    parser.add_argument("--pictures", type=int, default=50)
    parser.add_argument("--csv", type=Path, help="also write the table to this file")
    return run_command(parser, run)


def run(options: Namespace) -> None:
    """Measures the detectors, and prints and writes the table."""
    pictures = wider_pictures(options.data, options.side, options.pictures)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    detectors = {name: load_detector(name) for name in options.model} or full_detectors()
    rows = measure_masks(detectors, pictures)
    setting = f"{options.pictures} pictures of {options.side} pixels, 1 thread, {processor()}"
    print(setting)
    print(f"ground-truth masks of six levels: {masks_a_second(options.data, options.side):.0f}/s")
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
    if options.csv:
        write_csv(options.csv, rows, f"{datetime.date.today()}, {setting}")


def full_detectors() -> dict[str, Detector]:
    """UF-SSD on VGG-16 without masks and with one on the finest map, of the same weights else."""
    masked, plain = UFSSD(mask_levels=(0,)), UFSSD(mask_levels=())
    kept = [weight for weight in masked.weights if "feature_mask" not in weight.path]
    for weight, source in zip(plain.weights, kept, strict=True):
        weight.assign(source)
    return {"UF-SSD(VGG-16)": plain, "UF-SSD+FFMM-x1": masked}


def wider_pictures(data: Path, side: int, most: int) -> list[Image]:
    """Pictures of WIDER FACE validation, uint8 `(side, side, 3)`, evenly out of all that are there.

    Their longer side is `side`; what is left of the square is black.
    """
    wider = open_wider(data / "widerface")
    names = sorted(wider.ground_truth)
    chosen = names[:: max(1, len(names) // most)][:most]
    pictures = (read_image(wider.image_root / name) for name in chosen)
    return [place(picture.shape[:2], side, (side, side)).apply(picture) for picture in pictures]


def masks_a_second(data: Path, side: int, repetitions: int = 10) -> float:
    """Pictures a second that get the ground-truth masks of UF-SSD's levels, on one thread."""
    faces = [
        of_picture.boxes.astype(np.float32) * side / max(side, float(of_picture.boxes.max()))
        for of_picture in open_wider(data / "widerface").ground_truth.values()
        if len(of_picture.boxes)
    ]
    levels = [mask_level(level, side, side) for level in LEVELS]
    make = tf.function(
        lambda boxes: face_masks(boxes, tf.fill(tf.shape(boxes)[:1], FACE), levels),
        input_signature=[tf.TensorSpec((None, 4), tf.float32)],
    )
    make(faces[0])
    start = time.process_time()
    for _ in range(repetitions):
        for boxes in faces:
            make(boxes)
    return repetitions * len(faces) / (time.process_time() - start)


def measure_masks(detectors: dict[str, Detector], pictures: list[Image]) -> list[dict[str, Any]]:
    """A row for each detector: what it masks, finds and costs."""
    size = pictures[0].shape[:2]
    detectors_in_order = list(detectors.values())
    runners = [_candidates_runner(detector, size) for detector in detectors_in_order]
    likely = np.zeros((len(detectors), len(pictures)))
    # Milliseconds of network and suppression.
    spent = np.zeros((len(detectors), len(pictures), 2))
    for runner in runners:  # the first call of a file plans its memory
        runner(images=pictures[0][None])
    for place_of_picture, picture in enumerate(pictures):
        for index, runner in enumerate(runners):
            start = time.process_time()
            found = runner(images=picture[None])
            between = time.process_time()
            boxes, scores = found["boxes"][0], found["scores"][0]
            suppress_candidates(boxes, scores, size, detectors_in_order[index].selection)
            end = time.process_time()
            likely[index, place_of_picture] = np.sum(scores > LIKELY)
            spent[index, place_of_picture] = 1e3 * (between - start), 1e3 * (end - between)
    rows = []
    for index, (name, detector) in enumerate(detectors.items()):
        multiply_adds, parameters = count(detector, *size)
        network, suppression = np.median(spent[index], axis=0)
        rows.append(
            {
                "detector": name,
                "parameters": parameters,
                "G multiply-adds": round(multiply_adds / 1e9, 2),
                "masked": _masked(detector, pictures),
                f"boxes above {LIKELY}": round(likely[index].mean(), 1),
                "network ms": round(network, 2),
                "suppression ms": round(suppression, 3),
                "all ms": round(float(np.median(spent[index].sum(axis=-1))), 2),
            }
        )
    return rows


def _candidates_runner(detector: Detector, size: tuple[int, int]) -> Any:
    content = to_tflite(DetectionGraph(detector, size=size, batch=1), signature.CANDIDATES)
    interpreter = Interpreter(model_content=content, num_threads=1)
    return interpreter.get_signature_runner(signature.CANDIDATES)


def _masked(detector: Detector, pictures: list[Image]) -> str:
    """Shares of cells at zero of every masked level, the finest first; "-" without masks."""
    if not getattr(detector, "mask_levels", ()):
        return "-"
    masks = [np.stack(detector.predict_masks(picture)) for picture in pictures]
    return " ".join(f"{share:.2f}" for share in 1.0 - np.mean(masks, axis=(0, 2, 3)))


if __name__ == "__main__":
    sys.exit(main())
