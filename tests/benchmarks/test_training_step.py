"""What a training step costs, and that it is compiled once."""

import keras
import numpy as np
import pytest

import benchmarks.training_step
from benchmarks.training_step import make_batch, measure
from tests.tiny_detector import TinyDetector


@pytest.fixture
def detector():
    detector = TinyDetector()
    detector.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    return detector


def test_a_step_is_compiled_once_whatever_the_faces(detector) -> None:
    seconds = measure(detector, size=32, pictures=1, steps=2)

    # The first one compiles.
    assert len(seconds) == 3 and seconds[0] > max(seconds[1:])


def test_a_step_that_is_compiled_again_is_refused(detector, monkeypatch) -> None:
    def growing(detector, size, pictures, faces, seed):
        return make_batch(detector, size, pictures + seed, faces, seed)

    monkeypatch.setattr(benchmarks.training_step, "make_batch", growing)

    with pytest.raises(ValueError, match="compiled once, got it compiled again"):
        measure(detector, size=32, pictures=1, steps=2)


def test_faces_are_within_the_picture(detector) -> None:
    images, targets = make_batch(detector, size=32, pictures=2, faces=3, seed=0)

    assert images.shape == (2, 32, 32, 3) and images.dtype == np.uint8
    assert all(len(of_batch) == 2 for of_batch in targets.values())
