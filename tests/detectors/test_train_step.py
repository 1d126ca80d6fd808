"""One training step, under whichever backend runs the tests."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import grid_anchors
from tfface.boxes import encode, pairwise_iou
from tfface.detectors.anchor_detector import AnchorRecipe
from tfface.detectors.base import Detector
from tfface.detectors.faceboxes import FaceBoxesImproved
from tfface.detectors.train_step import TrainStep

SIZE = 128

UNDER_JAX = keras.backend.backend() == "jax"


def batch_for(detector: Detector) -> tuple:
    """Four noisy pictures with a bright square each, and its targets."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 60, (4, SIZE, SIZE, 3)).astype(np.uint8)
    anchors = grid_anchors(detector.anchor_levels, SIZE, SIZE)
    targets: dict[str, list] = {"labels": [], "offsets": []}
    for image, x in zip(images, (8, 24, 40, 56), strict=True):
        image[x : x + 32, x : x + 32] += 180
        box = np.array([[x, x, x + 32, x + 32]], np.float32)
        labels = np.asarray(pairwise_iou(box, anchors))[0] > 0.35
        offsets = np.asarray(encode(np.repeat(box, len(anchors), axis=0), anchors))
        targets["labels"].append(labels.astype(np.int32))
        targets["offsets"].append(offsets * labels[:, None])
    return images, {name: np.stack(values) for name, values in targets.items()}


def fit(detector: Detector, steps: int, batch: tuple | None = None) -> dict[str, list[float]]:
    """Curves of the metrics, one value a step; on one and the same batch."""
    batch = batch or batch_for(detector)
    batches = (batch for _ in itertools.count())
    options = {"steps_per_epoch": 1, "epochs": steps, "shuffle": False, "verbose": 0}
    return detector.fit(batches, **options).history


def assert_learns(detector: Detector, jit_compile: bool) -> None:
    detector.compile(
        optimizer=keras.optimizers.SGD(1e-2, momentum=0.9, global_clipnorm=10.0),
        jit_compile=jit_compile,
    )
    # The first layer, the heads, and all statistics.
    watched = [
        detector.stem[0].convolution.kernel,
        *(head.kernel for head in detector.heads[:2]),
        *detector.non_trainable_variables,
    ]
    before = [ops.convert_to_numpy(variable).copy() for variable in watched]

    history = fit(detector, steps=6)

    assert history["loss"][-1] < 0.8 * history["loss"][0]
    total = np.add(history["classification"], history["regression"])
    np.testing.assert_allclose(history["loss"], total, rtol=1e-4)
    for variable, old in zip(watched, before, strict=True):
        assert np.any(ops.convert_to_numpy(variable) != old), variable.path


def test_training_lowers_the_loss(TinyDetector) -> None:
    keras.utils.set_random_seed(0)
    # Without compilation JAX takes long for a step.
    assert_learns(TinyDetector(), jit_compile=UNDER_JAX)


@pytest.mark.skipif(UNDER_JAX, reason="test_contract.py compiles its losses under JAX")
def test_a_whole_detector_learns_compiled() -> None:
    keras.utils.set_random_seed(0)
    assert_learns(FaceBoxesImproved(width=0.5), jit_compile=True)


def test_a_step_is_that_of_its_gradient(TinyDetector) -> None:
    # Plain SGD moves the weights by the gradient times the rate.
    moves = []
    for rate in (1e-4, 2e-4):
        keras.utils.set_random_seed(0)
        detector = TinyDetector()
        detector.compile(optimizer=keras.optimizers.SGD(rate), jit_compile=UNDER_JAX)
        before = detector.heads[0].get_weights()[0]
        fit(detector, steps=1)
        moves.append(detector.heads[0].get_weights()[0] - before)

    np.testing.assert_allclose(moves[1], 2 * moves[0], rtol=1e-2, atol=1e-6)


@pytest.mark.skipif(UNDER_JAX, reason="Keras builds its optimiser before the first step")
def test_a_step_is_made_into_a_graph_once(TinyDetector, monkeypatch) -> None:
    detector, made = TinyDetector(), []
    compute_losses = detector.compute_losses

    def count(*given: object) -> dict:
        made.append(given)
        return compute_losses(*given)

    monkeypatch.setattr(detector, "compute_losses", count)
    detector.compile(keras.optimizers.SGD(1e-3, momentum=0.9), jit_compile=False)

    fit(detector, steps=3)

    assert len(made) == 1


def test_losses_are_left_to_the_model() -> None:
    with pytest.raises(NotImplementedError, match="TrainStep must write compute_losses"):
        TrainStep(()).compute_losses(None, None, None, 0)


@pytest.fixture(scope="module")
def batch() -> tuple:
    return batch_for(FaceBoxesImproved(width=0.5))


def test_only_the_levels_named_are_trained(batch) -> None:
    detector = FaceBoxesImproved(width=0.5)
    detector.adopt(AnchorRecipe(trained_strides=(64, 128)))
    detector.compile(optimizer=keras.optimizers.SGD(1e-2), jit_compile=UNDER_JAX)
    before = {id(v): ops.convert_to_numpy(v).copy() for v in detector.weights}
    images, targets = batch
    # Of an image of 128 pixels the last 2x2 cells and 1 cell, of two anchors each.
    last = 2 * (2 * 2) + 2 * 1
    targets = {**targets, "labels": targets["labels"].copy()}
    targets["labels"][:, -last:] = 1

    fit(detector, 2, (images, targets))

    own = [detector.conv3_1, detector.conv3_2, detector.conv4_1, detector.conv4_2]
    trained = {id(v) for layer in [*own, *detector.heads[3:]] for v in layer.weights}
    changed = {id(v) for v in detector.weights if np.any(ops.convert_to_numpy(v) != before[id(v)])}
    # The gradient of a bias or scale may be zero, but most have changed, and nothing else.
    assert changed <= trained
    assert len(changed) > 0.8 * len(trained)


@pytest.mark.parametrize(
    ("strides", "trained"),
    [((64,), []), ((128,), ["conv4_1", "conv4_2"]), ((32,), [])],
)
def test_layers_that_another_level_needs_are_not_trained(strides, trained) -> None:
    detector = FaceBoxesImproved(width=0.25)

    detector.adopt(AnchorRecipe(trained_strides=strides))

    # conv3_1 and conv3_2 lead to stride 128 too.
    steps = ("conv3_1", "conv3_2", "conv4_1", "conv4_2")
    assert [name for name in steps if getattr(detector, name).trainable] == trained
    known = [level.stride for level in detector.anchor_levels]
    assert [head.trainable for head in detector.heads] == [each in strides for each in known]


def test_what_a_detector_has_frozen_by_itself_stays_so() -> None:
    detector = FaceBoxesImproved(width=0.25)
    detector.stem[0].trainable = False

    detector.adopt(AnchorRecipe())

    assert not detector.stem[0].trainable and detector.stem[1].trainable


def test_all_levels_train_again_by_a_recipe_that_names_none() -> None:
    detector = FaceBoxesImproved(width=0.25)
    everything = len(detector.trainable_variables)
    detector.adopt(AnchorRecipe(trained_strides=(128,)))
    assert len(detector.trainable_variables) < everything

    detector.adopt(AnchorRecipe())

    assert len(detector.trainable_variables) == everything


def test_levels_that_do_not_train_have_no_loss(TinyDetector) -> None:
    detector = TinyDetector()
    images, targets = batch_for(detector)
    generator = np.random.default_rng(0)
    shape = targets["labels"].shape
    outputs = {
        "logits": generator.normal(size=(*shape, 2)).astype(np.float32),
        "offsets": generator.normal(size=(*shape, 4)).astype(np.float32),
    }
    # Without the level of stride 32, of 4x4 cells with an anchor each, nothing is left.
    nobody = {**targets, "labels": np.full_like(targets["labels"], -1)}
    nobody["labels"][:, -16:] = targets["labels"][:, -16:]
    expected = detector.compute_losses(images, nobody, outputs)

    detector.adopt(AnchorRecipe(trained_strides=(32,)))
    losses = detector.compute_losses(images, targets, outputs)

    for name, loss in losses.items():
        assert float(loss) == pytest.approx(float(expected[name]))


def test_a_level_that_is_not_there_cannot_be_trained(TinyDetector) -> None:
    with pytest.raises(ValueError, match=r"strides of \[16, 32\] to train, got \[4\]"):
        TinyDetector().adopt(AnchorRecipe(trained_strides=(4,)))
