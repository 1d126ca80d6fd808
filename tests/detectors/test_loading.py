"""tfface.detectors.loading: the detector that a command names."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from tfface.detectors.anchor_detector import AnchorRecipe
from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.detectors.loading import load_detector, save_detector, write_description
from tfface.predict.runtime import ModelError

STATE = Path("checkpoints") / "step-00000100.weights.h5"


@pytest.fixture(scope="module")
def detector() -> FaceBoxesImproved:
    return FaceBoxesImproved(width=0.5)


@pytest.fixture
def run(detector, tmp_path: Path) -> Path:
    """The folder of a run with one state, and nothing that tells what it is of."""
    (tmp_path / STATE).parent.mkdir()
    detector.save_weights(tmp_path / STATE)
    return tmp_path


def assert_same_weights(found, expected) -> None:
    assert type(found) is type(expected)
    for weight, other in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_keras_file(TinyDetector, tmp_path: Path) -> None:
    detector = TinyDetector()
    detector.save(tmp_path / "small.keras")

    assert_same_weights(load_detector(str(tmp_path / "small.keras")), detector)


def test_what_is_saved_has_no_optimiser(TinyDetector, tmp_path: Path) -> None:
    detector = TinyDetector()
    detector.compile(keras.optimizers.SGD(0.1, momentum=0.9))

    save_detector(detector, tmp_path / "small.keras")

    restored = keras.models.load_model(tmp_path / "small.keras")
    assert getattr(restored, "optimizer", None) is None
    assert_same_weights(restored, detector)


def test_the_best_of_a_run(detector, tmp_path: Path) -> None:
    (tmp_path / "final.keras").write_bytes(b"not read")
    detector.save(tmp_path / "best.keras")

    assert load_detector(str(tmp_path)).width == 0.5


def leave_behind(run: Path, best: dict[str, int] | None, final: dict[str, int] | None) -> None:
    """A run with a narrow best detector and a wide last one, and what it says of their steps."""
    for name, width, steps in (("best", 0.25, best), ("final", 0.5, final)):
        FaceBoxesImproved(width=width).save(run / f"{name}.keras")
        if steps is not None:
            (run / f"{name}.json").write_text(json.dumps(steps))


@pytest.mark.parametrize(
    ("best", "final"),
    [
        ({"step": 300, "compared": 400}, {"step": 400}),
        # It goes on and has not ended again.
        ({"step": 500, "compared": 500}, {"step": 400}),
        # Of older releases, which do not tell.
        ({"step": 300}, {"step": 400}),
        ({"step": 300, "compared": 400}, None),
        (None, None),
    ],
)
def test_the_best_of_a_run_whose_last_weights_were_compared(tmp_path: Path, best, final) -> None:
    leave_behind(tmp_path, best, final)

    assert load_detector(tmp_path).width == 0.25


def test_the_last_weights_of_a_run_that_went_on_without_a_validation(tmp_path: Path) -> None:
    leave_behind(tmp_path, {"step": 300, "compared": 400}, {"step": 500})

    assert load_detector(tmp_path).width == 0.5


def test_a_state_of_a_run_that_describes_its_detector(detector, run: Path) -> None:
    detector.recipe = detector.recipe_class(negative_ratio=7.0)
    write_description(detector, run)

    loaded = load_detector(run / STATE)

    assert_same_weights(loaded, detector)
    assert loaded.recipe == detector.recipe_class(negative_ratio=7.0)


def test_a_state_of_an_older_run_which_has_flags_only(detector, run: Path) -> None:
    (run / "flags.txt").write_text("--seed=0\n--detector=FaceBoxesImproved\n--width=0.5\n")

    assert_same_weights(load_detector(str(run / STATE)), detector)


@pytest.mark.parametrize("flags", [None, "--seed=0\n", "--detector=FaceBoxesImproved\n"])
def test_a_state_of_nobody_knows_what(run: Path, flags: str | None) -> None:
    if flags:
        (run / "flags.txt").write_text(flags)

    with pytest.raises(
        ValueError, match=r"the description of the detector in .*detector\.json, got none"
    ):
        load_detector(str(run / STATE))


def test_a_state_of_another_network(detector, run: Path) -> None:
    write_description(detector, run)
    description = json.loads((run / "detector.json").read_text())
    description["config"]["width"] = 0.25
    (run / "detector.json").write_text(json.dumps(description))

    with pytest.raises(ModelError, match="expected weights that fit FaceBoxesImproved"):
        load_detector(str(run / STATE))


def test_a_description_says_the_class_its_options_and_its_recipe(detector, tmp_path: Path) -> None:
    detector.recipe = AnchorRecipe(mining_steps=10)

    write_description(detector, tmp_path)

    description = json.loads((tmp_path / "detector.json").read_text())
    assert description["class"] == "FaceBoxesImproved"
    assert description["config"]["width"] == 0.5
    assert description["recipe"]["mining_steps"] == 10


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(b"no detector")

    with pytest.raises(ModelError, match=r"a\.keras: expected a detector saved by Keras"):
        load_detector(tmp_path / "a.keras")


def test_a_model_that_is_no_detector(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(tmp_path / "a.keras")

    with pytest.raises(ModelError, match="a detector of tfface, got a model of class Sequential"):
        load_detector(tmp_path / "a.keras")


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"a training run with best\.keras"):
        load_detector(str(tmp_path))


@pytest.mark.parametrize("model", ["fbi-3", "missing.keras", "detector.tflite"])
def test_what_is_none_of_them(model: str) -> None:
    with pytest.raises(ValueError, match=rf"expected a preset \(fbi-1, .*got '{model}'"):
        load_detector(model)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(TinyDetector, tmp_path: Path, number) -> None:
    damaged = TinyDetector()
    weights = damaged.get_weights()
    weights[0].flat[3] = number
    damaged.set_weights(weights)
    damaged.save(tmp_path / "damaged.keras")

    with pytest.raises(
        ModelError, match=r"damaged\.keras: expected finite weights, got NaN or inf"
    ):
        load_detector(tmp_path / "damaged.keras")
