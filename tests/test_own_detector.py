"""A detector of somebody else's module, from training to a phone, without a change to tfface.

It takes what the contract offers: its own options, recipe, mean, variances, targets, losses, two
sets of offsets, and heads that are no `AnchorDetector`'s.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from absl import flags

import convert.main
import train.main
from convert.quantization import CALIBRATED
from tfface.data.records import Record, serialize, write_shard
from tfface.detectors.loading import load_detector
from tfface.predict.face_detector import FaceDetector
from train.flags import define_flags

ROOT = Path(__file__).parents[1]

MODULE = '''
from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from tfface.anchors import AnchorLevel
from tfface.detectors.base import Detector
from tfface.detectors.scopes import OFFSETS_SCOPE, SCORES_SCOPE
from tfface.matching import AnchorMatcher
from tfface.targets import AnchorTargets


class ShiftedTargets(AnchorTargets):
    """Those of anchors, and a number of chance."""

    uniform_count = 1

    def __call__(self, boxes, kinds, uniform):
        return {**super().__call__(boxes, kinds, uniform), "chance": uniform}


@dataclass(frozen=True)
class Recipe:
    """How it trains.

    Attributes:
        distance: of offsets.
        coarse_weight: of the first offsets.
    """

    distance: Literal["absolute", "square"] = "absolute"
    coarse_weight: float = 0.5


@keras.saving.register_keras_serializable(package="somebody")
class Toy(Detector):
    """One convolution of the pixels of a cell, one score and two sets of offsets.

    Args:
        filters: of that convolution.
    """

    pixel_mean = (0.0, 0.0, 0.0)
    box_variances = (1.0, 1.0, 1.0, 1.0)
    box_outputs = ("coarse_offsets", "offsets")
    loss_names = ("face", "coarse", "fine")
    recipe_class = Recipe

    def __init__(self, filters: int = 4, **kwargs):
        super().__init__([AnchorLevel(32, (32.0,), aspect=1.25)], **kwargs)
        self.filters = filters
        self.cells = keras.layers.Conv2D(filters, 32, strides=32, activation="relu")
        self.score_head = keras.layers.Conv2D(1, 1, dtype="float32")
        self.coarse_head = keras.layers.Conv2D(4, 1, kernel_initializer="zeros", dtype="float32")
        self.fine_head = keras.layers.Conv2D(4, 1, kernel_initializer="zeros", dtype="float32")
        self.build_symbolically()

    def inference_maps(self, pixels):
        features = self.cells(pixels / 2550.0)
        with keras.name_scope(SCORES_SCOPE):
            scores = [self.score_head(features)]
        with keras.name_scope(OFFSETS_SCOPE):
            coarse, fine = [self.coarse_head(features)], [self.fine_head(features)]
        return {"scores": scores, "coarse_offsets": coarse, "offsets": fine}

    def decode(self, outputs, anchors):
        coarse = super().decode({"offsets": outputs["coarse_offsets"]}, anchors)
        return super().decode({"offsets": outputs["offsets"]}, coarse)

    def make_targets(self, height, width):
        matcher = AnchorMatcher(variances=self.box_variances)
        return ShiftedTargets(self.anchor_levels, height, width, matcher)

    def compute_losses(self, images, targets, outputs, step):
        is_face = ops.cast(targets["labels"] == 1, "float32")
        cross_entropy = ops.softplus(outputs["scores"]) - outputs["scores"] * is_face

        def regression(name):
            difference = targets["offsets"] - outputs[name]
            square = self.recipe.distance == "square"
            distance = ops.square(difference) if square else ops.abs(difference)
            return ops.mean(is_face * ops.sum(distance, axis=-1))

        return {
            "face": ops.mean(cross_entropy),
            "coarse": self.recipe.coarse_weight * regression("coarse_offsets"),
            "fine": regression("offsets") + 0.0 * ops.mean(targets["chance"]),
        }
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on Python's path with the module `somebodys_toys`, records and a picture."""
    folder = tmp_path_factory.mktemp("somebody")
    (folder / "somebodys_toys.py").write_text(MODULE)
    image = np.random.default_rng(0).integers(0, 100, (96, 128, 3)).astype(np.uint8)
    image[20:60, 30:62] = 220
    encoded = cv2.imencode(".png", image)[1].tobytes()
    (folder / "pictures").mkdir()
    (folder / "pictures" / "a.png").write_bytes(encoded)
    box = np.array([[30, 20, 62, 60]], np.float32)
    record = Record("a.png", encoded, 96, 128, box, np.zeros(1, bool))
    write_shard(folder / "a.tfrecord", [serialize(record)] * 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
    sys.modules.pop("somebodys_toys", None)


@pytest.fixture(scope="module")
def train_toy(folder: Path) -> Callable[..., Path]:
    """`train_toy(OUTPUT, "--steps=2", ...)` is `python -m train.main` with these flags."""

    def run(output: Path, *arguments: str) -> Path:
        command = [
            "train.main",
            "--detector=somebodys_toys:Toy",
            "--filters=6",
            "--distance=square",
            f"--output={output}",
            f"--train_records={folder / 'a.tfrecord'}",
            "--steps_per_epoch=2",
            "--batch_size=2",
            "--image_size=64",
            "--learning_rate=0.0001",
            *arguments,
        ]
        values = flags.FlagValues()
        define_flags(values, command)
        values(command)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(train.main, "FLAGS", values)
            train.main.main(["train.main"])
        return output

    return run


@pytest.fixture(scope="module")
def run_folder(train_toy, folder: Path) -> Path:
    """A run of four steps, broken off after two."""
    train_toy(folder / "run", "--steps=2")
    return train_toy(folder / "run", "--steps=4")


def test_it_trains_with_its_own_options_and_recipe(run_folder: Path) -> None:
    description = json.loads((run_folder / "detector.json").read_text())

    assert description["class"] == "somebodys_toys:Toy"
    assert description["config"]["filters"] == 6
    assert description["recipe"] == {"distance": "square", "coarse_weight": 0.5}
    assert load_detector(run_folder).filters == 6


def test_a_run_that_was_broken_off_ends_as_one_that_was_not(
    run_folder: Path, train_toy, folder: Path
) -> None:
    whole = load_detector(train_toy(folder / "whole", "--steps=4"))

    for weight, expected in zip(
        load_detector(run_folder).get_weights(), whole.get_weights(), strict=True
    ):
        np.testing.assert_allclose(weight, expected, rtol=1e-4, atol=1e-6)


def arguments_of_conversion(folder: Path, run: Path, precision: str) -> list[str]:
    return [
        f"--model={run}",
        f"--output={folder / precision}.tflite",
        f"--precision={precision}",
        "--size=128x96",
        f"--parity_images={folder / 'pictures'}",
        *([f"--calibration_images={folder / 'pictures'}"] if precision in CALIBRATED else []),
    ]


def assert_finds_the_same(path: Path, run: Path, folder: Path, tolerance: float) -> None:
    image = cv2.imread(str(folder / "pictures" / "a.png"), cv2.IMREAD_COLOR_RGB)
    expected = FaceDetector.from_model(load_detector(run)).detect(image, 0.3)

    found = FaceDetector.from_preset(path).detect(image, 0.3)

    # 3x4 cells of one anchor each, which hardly overlap.
    assert len(found) == len(expected) > 3
    np.testing.assert_allclose(np.sort(found.scores), np.sort(expected.scores), atol=tolerance)


def test_a_new_process_converts_its_run(run_folder: Path, folder: Path) -> None:
    """Which has to learn from the run where the class of the detector is."""
    process = subprocess.run(
        [
            *(sys.executable, "-m", "convert.main"),
            *arguments_of_conversion(folder, run_folder, "float32"),
        ],
        env=os.environ | {"PYTHONPATH": str(folder)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    assert process.returncode == 0, process.stderr
    assert_finds_the_same(folder / "float32.tflite", run_folder, folder, 1e-4)


def test_int8(run_folder: Path, folder: Path) -> None:
    values = flags.FlagValues()
    convert.main.define_flags(values)
    values(["convert.main", *arguments_of_conversion(folder, run_folder, "int8")])

    convert.main.run(values)

    assert_finds_the_same(folder / "int8.tflite", run_folder, folder, 0.05)
