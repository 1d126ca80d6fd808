"""Tests of what runs under both backends of Keras, run again under JAX, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

pytest.importorskip("jax", reason="needs the jax extra")

FILES = [
    "test_anchors.py",
    "test_boxes.py",
    # Outside of a compiled step JAX compiles every operation anew for every size of picture.
    "test_masks.py::test_a_mask_worked_out_by_hand",
    "test_masks.py::test_the_share_to_drop_is_dropped_inside_of_the_mask_alone",
    "layers/test_feature_mask.py",
    "test_distiller.py",
    "test_largest.py",
    "test_proposals.py",
    "matching",
    "test_sampling.py",
    "test_targets.py",
    "data/test_augmentation.py",
    "data/test_resident.py",
    "data/test_soft_labels.py",
    "detectors/test_base.py",
    "detectors/test_inference_graphs.py",
    "detectors/test_train_step.py",
    "detectors/test_two_steps.py",
    "losses",
    "train/test_batches.py",
    "train/test_checkpoints.py",
    "train/test_fit.py",
]


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this is the run under JAX")
def test_under_jax() -> None:
    folder = Path(__file__).parent
    variables = {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    }
    files = (str(folder / name) for name in FILES)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
        env=os.environ | variables,
        cwd=folder.parent,
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
