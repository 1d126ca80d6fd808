"""SavedModels in TensorFlow."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tfface.predict.runtime import ModelError
from tfface.predict.saved_model import SavedModelRuntime


def test_faces_call_after_call(saved_model_folder: Path) -> None:
    runtime = SavedModelRuntime(saved_model_folder)
    image = np.zeros((32, 64, 3), np.uint8)
    image[3, 5, 0] = 255

    assert runtime.fixed_size is None
    for size in [(32, 64), (32, 64), (64, 32)]:
        padded = np.zeros((*size, 3), np.uint8)
        padded[:32, :32] = image[:, :32]

        boxes, scores = runtime.run(padded)

        assert boxes.tolist() == [[5, 3, 6, 4], [0, 0, size[1], size[0]]]
        assert scores.tolist() == [1.0, 0.25]


def test_folders_that_are_no_saved_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"without saved_model\.pb"):
        SavedModelRuntime(tmp_path)
    # A training run, of which a file is a model.
    (tmp_path / "final.keras").touch()
    with pytest.raises(ModelError, match=r"name the file of it: .*final\.keras"):
        SavedModelRuntime(tmp_path)


def test_damaged_models(saved_model_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(saved_model_folder, tmp_path / "damaged")
    (tmp_path / "damaged" / "saved_model.pb").write_bytes(b"\xff" * 100)

    with pytest.raises(ModelError, match="damaged: TensorFlow cannot load this SavedModel"):
        SavedModelRuntime(tmp_path / "damaged")


def test_models_without_the_signature(tmp_path: Path) -> None:
    import tensorflow as tf

    tf.saved_model.save(tf.Module(), str(tmp_path))

    with pytest.raises(ModelError, match="signature 'serving_default', got none"):
        SavedModelRuntime(tmp_path)
