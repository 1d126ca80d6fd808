"""What is trained on, as the flags say: records, and the batches made of them."""

import glob
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from absl import flags

from tfface.data.augmentation import Augmentation
from tfface.data.records import decode_picture, read_records
from tfface.detectors.base import Detector
from tfface.files import atomic_path
from tfface.replicas import WHOLE, Part
from train.machines import Batches


def matching_files(patterns: list[str]) -> list[str]:
    """Files of all patterns, sorted; an error names a pattern without a file."""
    files: set[str] = set()
    for pattern in patterns:
        found = glob.glob(pattern)
        if not found:
            raise FileNotFoundError(
                f"No file matches {pattern!r}. `python -m tfface.data.prepare` writes records."
            )
        files.update(found)
    return sorted(files)


def check_records(files: list[str]) -> None:
    """Raises ValueError where a file of records is damaged, or one of its pictures; it is named."""
    for record in read_records(files):
        decode_picture(record)


def make_batches(
    detector: Detector, files: list[str], values: flags.FlagValues, first_step: int = 0
) -> Batches:
    """A function that gives the batches from a step on, or a part of them.

    `first_step`, of the run that goes on, is in the name of what a data service is asked for: an
    earlier process may have left it half done.
    """
    settings = {
        "make_targets": detector.make_targets,
        "augmentation": Augmentation(
            size=values.image_size,
            crop_probability=values.crop_probability,
            crop_minimum=values.crop_minimum,
            whole_crop_probability=values.whole_crop_probability,
            minimum_face=values.minimum_face,
            crop_canvas_maximum=values.crop_canvas_maximum,
            expansion_probability=values.expansion_probability,
            closeup_probability=values.closeup_probability,
            fill_probability=values.fill_probability,
            faceless_probability=values.faceless_probability,
            jitter_minimum=values.jitter_minimum,
            jitter_maximum=values.jitter_maximum,
            jitter_step=values.jitter_step,
        ),
        "batch_size": values.batch_size,
        "seed": values.seed,
    }
    if keras.backend.backend() == "jax":
        from tfface.data.resident import ResidentData

        side = values.resident_side
        data = ResidentData(read_records(files), side)
        if data.reduced:
            print(
                f"{data.reduced} of {len(data)} pictures are larger than {side} pixels and kept "
                "reduced to that (--resident_side)",
                flush=True,
            )
        return lambda step, part=WHOLE: data.batches(**settings, first_step=step, part=part)
    from tfface.data.pipeline import DataService, training_batches

    def make(step: int, part: Part = WHOLE) -> Iterable[tuple]:
        service = None
        if values.data_service:
            job = f"{os.path.abspath(values.output)} from {first_step} at {step}"
            service = DataService(values.data_service, job)
        return training_batches(files, **settings, first_step=step, part=part, service=service)

    return make


def save_batch(batch: tuple, path: Path) -> None:
    """Writes a batch `(images, targets)` as an .npz file of `images` and every target."""
    images, targets = batch
    arrays: dict[str, Any] = {name: np.asarray(target) for name, target in targets.items()}
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, images=np.asarray(images), **arrays)
