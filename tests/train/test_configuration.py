"""train.main: every flag reaches what it configures."""

import contextlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from absl import flags

import train.main
from tfface.data import pipeline
from tfface.data.records import serialize, write_shard
from tfface.detectors.base import Detector
from tfface.detectors.faceboxes import FaceBoxes, FaceBoxesImproved
from train.validation import Validation


@dataclass(frozen=True)
class Run:
    """What `train.main` hands to `fit`, which is as far as these runs go."""

    flags: flags.FlagValues
    model: Any
    batches: dict[str, Any]  # arguments of `training_batches`
    options: dict[str, Any]  # of `fit`
    first_weights: list[np.ndarray]
    files: dict[str, Detector]  # that the flags may name

    @property
    def detector(self) -> Detector:
        return getattr(self.model, "student", self.model)

    @property
    def matcher(self) -> Any:
        """Of the targets that the batches have."""
        return self.batches["make_targets"](64, 64).matcher

    @property
    def validation(self) -> dict[str, Any]:
        """Arguments of `Validation`."""
        (callback,) = (call for call in self.options["callbacks"] if isinstance(call, Validation))
        return callback.__dict__

    def learning_rate(self, step: int) -> float:
        # Not `iterations`, which counts several batches as one where gradients accumulate.
        self.model.optimizer._iterations.assign(step)
        return float(self.model.optimizer.learning_rate)

    def steps_with_rate(self, rate: float) -> list[int]:
        steps = range(self.flags.steps)
        return [step for step in steps if self.learning_rate(step) == pytest.approx(rate)]

    def initial_weights(self) -> str:
        """The file with the weights that the detector begins with."""
        (path,) = (
            path
            for path, detector in self.files.items()
            if all(map(np.array_equal, detector.get_weights(), self.first_weights))
        )
        return path

    def teacher(self) -> str:
        """The file with the detector whose scores the student sees."""
        image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.uint8)
        scores = self.model.training_outputs(image, {})["teacher_scores"]
        (path,) = (
            path
            for path, detector in self.files.items()
            if np.allclose(scores, detector(image)["scores"], atol=1e-5)
        )
        return path


# Every flag with a value that is not its default, and where that value must arrive.
REACHES: dict[str, tuple[Any, Callable[[Run], Any]]] = {
    "output": ("{folder}/run", lambda run: str(run.validation["best"].parent)),
    "train_records": ("{folder}/train.tfrecord", lambda run: run.batches["paths"]),
    "validation_records": (
        "{folder}/validation.tfrecord",
        lambda run: sorted({record.name for record in run.validation["records"]}),
    ),
    "detector": ("FaceBoxes", lambda run: type(run.detector).__name__),
    "width": (0.5, lambda run: run.detector.get_config()["width"]),
    "initial_weights": ("{folder}/initial.keras", Run.initial_weights),
    "teacher": ("{folder}/teacher.keras", Run.teacher),
    "distillation_weight": (30, lambda run: run.model.weight),
    "beta": (5.5, lambda run: run.model.threshold["beta"]),
    "gamma": (2.5, lambda run: run.model.threshold["gamma"]),
    "steps": (40, lambda run: run.options["epochs"] * run.options["steps_per_epoch"]),
    "steps_per_epoch": (4, lambda run: run.options["steps_per_epoch"]),
    "batch_size": (3, lambda run: run.batches["batch_size"]),
    "seed": (7, lambda run: run.batches["seed"]),
    "learning_rate": (0.5, lambda run: run.learning_rate(6)),
    # The last step with a rate, and the first one with all of it.
    "boundaries": ("20,30", lambda run: [str(run.steps_with_rate(r)[-1]) for r in (0.5, 0.05)]),
    "warmup_steps": (5, lambda run: run.steps_with_rate(0.5)[0] + 1),
    # Of step 0, which has four fifths of it and a fifth of the full rate.
    "warmup_rate": (0.25, lambda run: pytest.approx((run.learning_rate(0) - 0.2 * 0.5) / 0.8)),
    "momentum": (0.8, lambda run: run.model.optimizer.momentum),
    # Decoupled: Caffe's 0.01 / (1 - 0.8) = 0.05.
    "weight_decay": (0.01, lambda run: pytest.approx(0.2 * run.model.optimizer.weight_decay)),
    "clip_norm": (4, lambda run: run.model.optimizer.global_clipnorm),
    "negative_ratio": (6, lambda run: run.detector.recipe.negative_ratio),
    "mining_steps": (9, lambda run: run.detector.recipe.mining_steps),
    "regression_weight": (1.5, lambda run: run.detector.recipe.regression_weight),
    "positive_threshold": (0.45, lambda run: run.matcher.positive_threshold),
    "negative_threshold": (0.38, lambda run: run.matcher.negative_threshold),
    "compensation_threshold": (0.15, lambda run: run.matcher.compensation_threshold),
    "compensation_count": (8, lambda run: run.matcher.compensation_count),
    "regression_loss": ("giou", lambda run: run.detector.recipe.regression_loss),
    "initial_negative_ratio": (90, lambda run: run.detector.recipe.initial_negative_ratio),
    "minimum_negatives": (5, lambda run: run.detector.recipe.minimum_negatives),
    "mask_weight": (0.75, lambda run: run.detector.recipe.mask_weight),
    "trained_strides": (
        "64,128",
        lambda run: [str(stride) for stride in run.detector.recipe.trained_strides],
    ),
    "closeup_probability": (0.1, lambda run: run.batches["augmentation"].closeup_probability),
    "fill_probability": (0.3, lambda run: run.batches["augmentation"].fill_probability),
    "minimum_face": (20, lambda run: run.batches["augmentation"].minimum_face),
    "faceless_probability": (0.2, lambda run: run.batches["augmentation"].faceless_probability),
    "ema_momentum": (0.9, lambda run: run.model.optimizer.ema_momentum),
    "image_size": (96, lambda run: run.batches["augmentation"].size),
    "crop_probability": (0.6, lambda run: run.batches["augmentation"].crop_probability),
    "crop_minimum": (0.4, lambda run: run.batches["augmentation"].crop_minimum),
    "whole_crop_probability": (
        0.3,
        lambda run: run.batches["augmentation"].whole_crop_probability,
    ),
    "crop_canvas_maximum": (1.5, lambda run: run.batches["augmentation"].crop_canvas_maximum),
    "expansion_probability": (0.2, lambda run: run.batches["augmentation"].expansion_probability),
    "jitter_minimum": (0.7, lambda run: run.batches["augmentation"].jitter_minimum),
    "jitter_maximum": (1.7, lambda run: run.batches["augmentation"].jitter_maximum),
    "jitter_step": (0.1, lambda run: run.batches["augmentation"].jitter_step),
    "jit_compile": ("true", lambda run: run.model.jit_compile),
    "validate_every": (11, lambda run: run.validation["every"]),
    "validation_side": (160, lambda run: run.validation["side"]),
    "validation_pictures": (2, lambda run: len(run.validation["records"])),
}

# The same of flags that do not go with those.
REACHES_WITHOUT_TEACHER: dict[str, tuple[Any, Callable[[Run], Any]]] = {
    # Half of the cosine's way from the highest rate to 0.
    "schedule": (
        "cosine",
        lambda run: "cosine" if run.learning_rate(4) == pytest.approx(5e-4) else "piecewise",
    ),
    # Instead of hard negatives.
    "sampler": ("ohem", lambda run: run.detector.recipe.sampler),
    "ohem_samples": (32, lambda run: run.detector.recipe.ohem_samples),
    "optimizer": ("adamw", lambda run: type(run.model.optimizer).__name__.lower()),
    "mixed_bfloat16": ("true", lambda run: run.detector.compute_dtype == "bfloat16"),
    "precision": ("mixed_bfloat16", lambda run: f"mixed_{run.detector.compute_dtype}"),
    "gradient_accumulation_steps": (
        2,
        lambda run: run.model.optimizer.gradient_accumulation_steps,
    ),
}


def prepare(values: flags.FlagValues, files: dict[str, Detector]) -> Run:
    """`train.main` with these flags, to its call of `fit` and no further."""
    runs = []

    def fit(model: Any, batches: Any, **options: Any) -> None:
        weights = getattr(model, "student", model).get_weights()
        runs.append(Run(values, model, batches, options, weights, files))

    def keep_arguments(self: Validation, **arguments: Any) -> None:
        self.__dict__.update(arguments, records=list(arguments["records"]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train.main, "FLAGS", values)
        patch.setattr(keras.Model, "fit", fit)
        patch.setattr(pipeline, "training_batches", by_name(pipeline.training_batches, dict))
        patch.setattr(Validation, "__init__", by_name(Validation.__init__, keep_arguments))
        patch.setattr(train.main, "save_detector", lambda detector, path: None)
        patch.setattr(train.main, "averaged_weights", lambda model: contextlib.nullcontext())
        train.main.main(["train.main"])
    (run,) = runs
    return run


def by_name(function: Callable, instead: Callable) -> Callable:
    """`instead`, called as `function` is, with all arguments by their names."""

    def call(*positional: Any, **named: Any) -> Any:
        return instead(**inspect.signature(function).bind(*positional, **named).arguments)

    return call


@pytest.fixture(scope="module")
def folder(make_record: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records, which have the name of their file."""
    folder = tmp_path_factory.mktemp("configuration")
    for path in (folder / "train.tfrecord", folder / "validation.tfrecord"):
        write_shard(path, [serialize(make_record(str(path), seed)) for seed in range(3)])
    return folder


@pytest.fixture(scope="module")
def distilling(folder: Path, make_flags) -> Run:
    """A run with a teacher."""
    files = {str(folder / f"{name}.keras"): FaceBoxes(width=0.5) for name in ("initial", "teacher")}
    for path, detector in files.items():
        detector.save(path)
    given = {name: str(value).format(folder=folder) for name, (value, _) in REACHES.items()}
    return prepare(make_flags(*(f"--{name}={text}" for name, text in given.items())), files)


@pytest.fixture(scope="module")
def alone(folder: Path, make_flags) -> Iterator[Run]:
    """A run without a teacher, from random weights."""
    given = [f"--{name}={text}" for name, (text, _) in REACHES_WITHOUT_TEACHER.items()]
    needed = [f"--output={folder}/alone", f"--train_records={folder}/train.tfrecord"]
    yield prepare(make_flags(*given, *needed, "--steps=8", "--steps_per_epoch=4", "--seed=7"), {})
    keras.mixed_precision.set_global_policy("float32")


def assert_arrives(run: Run, name: str, where: Callable[[Run], Any]) -> None:
    flag = run.flags[name]
    assert flag.value != flag.default  # which would arrive by itself
    assert where(run) == flag.value


@pytest.mark.parametrize("name", REACHES)
def test_a_flag_arrives(distilling: Run, name: str) -> None:
    assert_arrives(distilling, name, REACHES[name][1])


@pytest.mark.parametrize("name", REACHES_WITHOUT_TEACHER)
def test_a_flag_arrives_without_a_teacher(alone: Run, name: str) -> None:
    assert_arrives(alone, name, REACHES_WITHOUT_TEACHER[name][1])


def test_no_flag_is_left_out(distilling: Run) -> None:
    # What of a teacher is learned: tests/test_imitator.py.
    elsewhere = {"distillation", "label_weight"}
    elsewhere.add("alpha")  # Instead of --gamma: tests/train/test_models.py.
    elsewhere |= {"group_samples", "positive_fraction"}  # Of one more: tests/train/test_flags.py.
    # Of a ResNet, which these detectors have not: tests/backbones/test_pretrained.py.
    elsewhere.add("backbone_weights")
    elsewhere.add("matching")  # Another has no compensation: tests/detectors/test_grouped_fpn.py.
    elsewhere.add("sampling")  # The former name of --sampler: tests/train/test_flags.py.
    elsewhere.add("allow_changes")  # Of a run that goes on: tests/train/test_main.py.
    # Of several processes, one of which this is not: BUILD.md says how they were run.
    elsewhere |= {"strategy", "workers", "worker", "data_service"}
    elsewhere.add("resident_side")  # Of JAX: tests/train/test_batches.py.
    elsewhere |= {"mask_levels", "mask_threshold"}  # A teacher has none: tests/train/test_flags.py.
    assert REACHES.keys() | REACHES_WITHOUT_TEACHER.keys() | elsewhere == set(distilling.flags)


def test_first_weights_are_those_of_the_seed(alone: Run) -> None:
    keras.utils.set_random_seed(7)
    expected = FaceBoxesImproved().get_weights()
    for weight, same in zip(alone.first_weights, expected, strict=True):
        np.testing.assert_array_equal(weight, same)


def test_two_runs_learn_the_targets_of_their_detectors(distilling: Run, alone: Run) -> None:
    for run in (distilling, alone):
        assert run.batches["make_targets"].__self__ is run.detector
