"""--gradient_accumulation_steps: steps with parts of a batch are one step with all of it."""

import keras
import numpy as np
from keras import ops

from tfface.anchors import grid_anchors

SIZE = 64


def two_pictures(detector) -> tuple:
    """Noise, with one positive anchor each."""
    images = np.random.default_rng(0).integers(0, 256, (2, SIZE, SIZE, 3)).astype(np.uint8)
    anchors = len(grid_anchors(detector.anchor_levels, SIZE, SIZE))
    labels = np.zeros((2, anchors), np.int32)
    labels[:, 5] = 1
    return images, {"labels": labels, "offsets": np.full((2, anchors, 4), 0.5, np.float32)}


def trained(detector_class: type, steps: int, repeats: int) -> list[np.ndarray]:
    """The weights after so many steps with the two pictures, `repeats` times in each batch."""
    keras.utils.set_random_seed(0)
    detector = detector_class()
    detector.compile(
        optimizer=keras.optimizers.SGD(
            1e-2,
            momentum=0.9,
            gradient_accumulation_steps=steps if steps > 1 else None,
        ),
        jit_compile=False,
    )
    images, targets = two_pictures(detector)
    batch = (
        np.concatenate([images] * repeats),
        {name: np.concatenate([value] * repeats) for name, value in targets.items()},
    )
    detector.fit((batch for _ in range(steps)), steps_per_epoch=steps, shuffle=False, verbose=0)
    return [ops.convert_to_numpy(variable) for variable in detector.trainable_variables]


def test_two_steps_of_two_pictures_are_one_of_four(TinyDetector) -> None:
    # The same two pictures, for statistics of batch normalisation and the number of positives are
    # those of a step.
    keras.utils.set_random_seed(0)
    begin = [ops.convert_to_numpy(each) for each in TinyDetector().trainable_variables]
    large = trained(TinyDetector, steps=1, repeats=2)
    parts = trained(TinyDetector, steps=2, repeats=1)

    assert any(not np.allclose(now, before) for now, before in zip(large, begin, strict=True))
    for one, other in zip(large, parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_losses_are_told_the_batches_and_not_the_updates(TinyDetector, monkeypatch) -> None:
    detector, told = TinyDetector(), []
    detector.compile(
        optimizer=keras.optimizers.SGD(1e-2, gradient_accumulation_steps=3),
        jit_compile=False,
        run_eagerly=True,
    )
    compute_losses = detector.compute_losses

    def noting(images, targets, outputs, step):
        told.append(int(step))
        return compute_losses(images, targets, outputs, step)

    monkeypatch.setattr(detector, "compute_losses", noting)
    batch = two_pictures(detector)
    detector.fit((batch for _ in range(5)), steps_per_epoch=5, shuffle=False, verbose=0)

    assert told == [0, 1, 2, 3, 4]
