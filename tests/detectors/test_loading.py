"""convert.models: the detector that a command names."""

import numpy as np
import pytest

from tfface.detectors.loading import load_detector


def prediction(detector, picture):
    return np.asarray(detector(picture[None], training=False)["logits"])


def test_a_keras_file(detector, picture, tmp_path):
    detector.save(tmp_path / "small.keras")

    loaded = load_detector(str(tmp_path / "small.keras"))

    np.testing.assert_allclose(
        prediction(loaded, picture), prediction(detector, picture), atol=1e-5
    )


def test_the_best_of_a_run(detector, tmp_path):
    (tmp_path / "final.keras").write_bytes(b"not read")
    detector.save(tmp_path / "best.keras")

    assert load_detector(str(tmp_path)).width == 0.5


def test_a_checkpoint_in_its_run(detector, picture, tmp_path):
    checkpoint = tmp_path / "checkpoints" / "step-00000100.weights.h5"
    checkpoint.parent.mkdir()
    detector.save_weights(checkpoint)
    (tmp_path / "flags.txt").write_text("--seed=0\n--detector=FaceBoxesImproved\n--width=0.5\n")

    loaded = load_detector(str(checkpoint))

    np.testing.assert_allclose(
        prediction(loaded, picture), prediction(detector, picture), atol=1e-5
    )


def test_a_checkpoint_without_its_run(detector, tmp_path):
    detector.save_weights(tmp_path / "step-00000100.weights.h5")

    with pytest.raises(ValueError, match=r"expected the flags of the training run in .*flags\.txt"):
        load_detector(str(tmp_path / "step-00000100.weights.h5"))


def test_a_checkpoint_of_another_network(detector, tmp_path):
    checkpoint = tmp_path / "checkpoints" / "step-00000100.weights.h5"
    checkpoint.parent.mkdir()
    detector.save_weights(checkpoint)
    (tmp_path / "flags.txt").write_text("--detector=FaceBoxesImproved\n--width=1.0\n")

    with pytest.raises(ValueError, match="expected weights that fit FaceBoxesImproved"):
        load_detector(str(checkpoint))


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"a training run with best\.keras"):
        load_detector(str(tmp_path))


@pytest.mark.parametrize("model", ["fbi-3", "missing.keras", "detector.tflite"])
def test_what_is_none_of_them(model):
    with pytest.raises(ValueError, match=rf"expected a preset \(fbi-1, .*got '{model}'"):
        load_detector(model)
