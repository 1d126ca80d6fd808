"""Keras detectors."""

from pathlib import Path

import numpy as np
import pytest

from tfface.predict.keras_model import KerasRuntime, load_keras_file
from tfface.predict.runtime import ModelError


class OneFace:
    """Predicts as `tfface.detectors.base.Detector` does, and remembers what it was asked."""

    def predict_boxes(self, image, score_threshold=0.05):
        self.asked = (image.shape, score_threshold)
        return np.array([[1, 2, 3, 4]], np.float32), np.array([0.5], np.float32)


def test_faces_down_to_the_scores_of_evaluations() -> None:
    model = OneFace()

    boxes, scores = KerasRuntime(model).run(np.zeros((32, 64, 3), np.uint8))

    assert (boxes.tolist(), scores.tolist()) == ([[1, 2, 3, 4]], [0.5])
    assert model.asked[0] == (32, 64, 3)
    assert model.asked[1] <= 0.02


def test_other_models_are_refused() -> None:
    with pytest.raises(TypeError, match="predict_boxes, got dict"):
        KerasRuntime({})


def test_files_that_keras_cannot_load(tmp_path: Path) -> None:
    path = tmp_path / "damaged.keras"
    path.write_bytes(b"not a zip archive")

    with pytest.raises(ModelError, match=r"damaged\.keras: expected a detector saved by Keras"):
        load_keras_file(path)


def test_files_of_other_models(tmp_path: Path) -> None:
    import keras

    keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]).save(tmp_path / "dense.keras")

    with pytest.raises(ModelError, match=r"dense\.keras.* of tfface, got a model of class Seq"):
        load_keras_file(tmp_path / "dense.keras")


def test_a_detector_predicts_the_same_after_saving(tmp_path: Path) -> None:
    import keras

    from tfface.detectors.faceboxes import FaceBoxesImproved

    keras.utils.set_random_seed(0)
    detector = FaceBoxesImproved(width=0.5)
    detector.save(tmp_path / "detector.keras")
    image = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)

    before = KerasRuntime(detector).run(image)
    after = load_keras_file(tmp_path / "detector.keras").run(image)

    assert len(before[1]) > 0  # untrained, it takes everything for a face with probability 1/2
    np.testing.assert_allclose(after[0], before[0], atol=1e-3)
    np.testing.assert_allclose(after[1], before[1], atol=1e-6)
