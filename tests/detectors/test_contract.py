"""What every detector of the registry keeps, so that nothing else has to know it by name."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from tfface.anchors import grid_anchors
from tfface.detectors.loading import build_detector, load_detector, write_description
from tfface.detectors.options import constructor_options, recipe_options
from tfface.detectors.registry import DETECTORS, detector_name
from tfface.matching import FACE
from train.checkpoints import Checkpoints

FACES = np.array([[10, 12, 40, 50], [60, 20, 70, 34]], np.float32)


@pytest.fixture(scope="module", params=sorted(DETECTORS))
def detector(request, small_detector):
    return small_detector(request.param)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 96, 160, 3), dtype=np.uint8)


def batch(detector, size: int = 96) -> tuple:
    """Two pictures with the same two faces, and what the detector learns from them."""
    pictures = np.random.default_rng(1).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    targets = detector.make_targets(size, size)
    uniform = np.linspace(0, 1, targets.uniform_count, dtype=np.float32)
    made = targets(FACES, np.full(2, FACE, np.int32), uniform)
    return pictures, {name: np.stack([value] * 2) for name, value in made.items()}


@pytest.fixture(scope="module")
def again(detector, tmp_path_factory):
    """What a run makes of its description of the detector."""
    run = tmp_path_factory.mktemp("run")
    write_description(detector, run)
    return build_detector(json.loads((run / "detector.json").read_text()))


def test_a_run_describes_it_so_that_it_is_made_again(detector, again):
    assert detector_name(again) == detector_name(detector)
    assert again.get_config() == detector.get_config()
    assert again.recipe == detector.recipe
    assert [w.shape for w in again.get_weights()] == [w.shape for w in detector.get_weights()]


def test_every_option_is_an_attribute_and_described(detector):
    for option in constructor_options(detector):
        assert hasattr(detector, option.name)
        assert option.help, f"{type(detector).__name__} does not describe {option.name}"
    for option in recipe_options(detector):
        assert hasattr(detector.recipe, option.name)
        assert option.help, f"{detector.recipe_class.__name__} does not describe {option.name}"


@pytest.mark.parametrize("size", [(32, 32), (96, 160), (224, 32)])
def test_one_output_an_anchor_at_any_size(detector, size):
    anchors = len(grid_anchors(detector.anchor_levels, *size))

    outputs = detector(np.zeros((1, *size, 3), np.uint8))

    assert outputs["scores"].shape == (1, anchors)
    for name in detector.box_outputs:
        assert outputs[name].shape == (1, anchors, 4)


def test_the_network_alone_gives_what_a_call_gives(detector, images):
    maps = detector.inference_maps(detector.normalize(images))

    joined, outputs = detector.join(maps), detector(images)

    assert {"scores", *detector.box_outputs} <= set(outputs) == set(joined)
    for name, output in outputs.items():
        np.testing.assert_allclose(joined[name], output, atol=1e-5)


def test_training_scores_are_those_of_inference_where_nothing_is_normalised_anew(detector, images):
    detector.trainable = False  # batch normalisation then keeps its statistics
    trained, outputs = detector(images, training=True), detector(images)
    detector.trainable = True

    np.testing.assert_allclose(trained["scores"], outputs["scores"], rtol=1e-3, atol=1e-3)


def test_scores_are_rescaled_for_good_or_it_says_that_they_cannot_be(detector, again, images):
    again.set_weights(detector.get_weights())
    outputs = detector(images)
    if detector_name(detector) == "YuNet":
        with pytest.raises(ValueError, match="a product of two"):
            again.rescale_scores(0.5, 1.0)
        return

    again.rescale_scores(0.5, 1.0)

    rescaled = again(images)
    if detector.rescores_candidates:
        return  # it is the candidates' scores that change: tests/detectors/test_grouped_rcnn.py
    expected = 0.5 * (ops.convert_to_numpy(outputs["scores"]) - 1.0)
    np.testing.assert_allclose(rescaled["scores"], expected, rtol=1e-3, atol=1e-3)
    for name in detector.box_outputs:
        np.testing.assert_allclose(rescaled[name], outputs[name], rtol=1e-5, atol=1e-5)


def test_candidates_are_the_surest_boxes(detector, images):
    outputs = detector(images)
    height, width = images.shape[1:3]

    scores, boxes = detector.candidates(outputs, height, width, 5)

    every = ops.convert_to_numpy(outputs["scores"])
    if detector.rescores_candidates:  # by scores of its own: tests/detectors/test_grouped_rcnn.py
        assert (np.diff(scores, axis=1) <= 0).all()
        assert boxes.shape == (2, 5, 4)
        return
    order = np.argsort(-every, axis=1, kind="stable")[:, :5]
    np.testing.assert_allclose(scores, np.take_along_axis(every, order, 1))
    anchors = grid_anchors(detector.anchor_levels, height, width)
    for index in range(2):
        chosen = {
            name: ops.convert_to_numpy(outputs[name])[index][order[index]]
            for name in detector.box_outputs
        }
        expected = detector.decode(chosen, anchors[order[index]])
        np.testing.assert_allclose(boxes[index], expected, rtol=1e-4, atol=1e-3)


def take_step(detector) -> dict[str, float]:
    """Trains a compiled detector on one batch; the losses of that step."""
    batches = (data for data in [batch(detector)])
    history = detector.fit(batches, steps_per_epoch=1, shuffle=False, verbose=0).history
    return {name: values[0] for name, values in history.items()}


def compile_anew(detector, by_xla: bool) -> None:
    optimizer = keras.optimizers.SGD(1e-3, momentum=0.9)
    detector.compile(optimizer, jit_compile=by_xla, run_eagerly=not by_xla)


@pytest.fixture(scope="module")
def trained(detector, tmp_path_factory):
    """Two steps of the detector without compilation, after which it is as before.

    The losses of both, the weights after both, and a folder with the state after the first.
    """
    before = detector.get_weights()
    checkpoints = Checkpoints(tmp_path_factory.mktemp("checkpoints"))
    compile_anew(detector, by_xla=False)
    first = take_step(detector)
    checkpoints.save(detector)
    second = take_step(detector)
    after_second = detector.get_weights()
    detector.set_weights(before)
    return first, second, after_second, checkpoints


def test_a_step_has_the_losses_that_it_names(detector, trained):
    first, second, *_ = trained

    for losses in (first, second):
        assert {"loss", *detector.loss_names} == set(losses)
        assert np.isfinite(list(losses.values())).all()
        parts = sum(losses[name] for name in detector.loss_names)
        assert losses["loss"] == pytest.approx(parts, rel=1e-4)


BY_XLA = {"GroupedFastRCNN", "UFSSD", "YuNet"}
"""Of every kind of step that which does most: compiling one takes ten times as long as a step.

`GroupedFastRCNN` samples, pools regions and has a second head, on the pyramid of `GroupedFPN`,
`ResNetFPN` and `RefineFace`, whose second targets test_two_steps.py compiles; `UFSSD` has masks,
and is an `AnchorDetector` as the two FaceBoxes, of which test_train_step.py compiles one; `YuNet`
is a `PointDetector` as `PlainFace` is. Under JAX all are compiled.
"""


def check_second_step(again, trained, losses: float, weights: tuple[float, float]) -> None:
    """A compiled detector goes on from the first step, and does what the second one did.

    To relative `losses`, and `weights` that are relative and absolute.
    """
    _, second, after_second, checkpoints = trained

    assert checkpoints.restore(again) == 1
    assert take_step(again) == pytest.approx(second, rel=losses)
    for weight, expected in zip(again.get_weights(), after_second, strict=True):
        np.testing.assert_allclose(weight, expected, *weights)


def test_a_state_that_is_restored_has_the_same_next_step(trained, again):
    compile_anew(again, by_xla=False)

    check_second_step(again, trained, losses=1e-5, weights=(1e-4, 1e-5))


def test_a_compiled_step_does_the_same(detector, trained, again):
    if type(detector).__name__ not in BY_XLA:
        pytest.skip("what it does is compiled by one of those that are")
    compile_anew(again, by_xla=True)

    # XLA rounds otherwise, so a proposal at the edge of the suppression may be another one.
    losses = 1e-3 if detector.rescores_candidates else 1e-4
    check_second_step(again, trained, losses, weights=(1e-2, 1e-3))


UNDER_JAX = """
import json
import sys
from pathlib import Path

import jax
import keras
import numpy as np

from tfface.detectors.loading import build_detector

for folder in map(Path, map(str.strip, sys.stdin)):
    detector = build_detector(json.loads((folder / "detector.json").read_text()))
    given = dict(np.load(folder / "given.npz"))
    names = given.pop("names").tolist()

    @jax.jit
    def compute(weights, images, targets):
        # As the step does it: what batch normalisation assigns stays in the scope.
        with keras.StatelessScope(list(zip(detector.weights, weights, strict=True))):
            found = detector(images)
            candidates = detector.candidates(found, *images.shape[1:3], 20)
            outputs = detector.training_outputs(images, targets)
            losses = detector.compute_losses(images, targets, outputs, 0)
            return losses, found, candidates

    weights = [given[f"weight_{index}"] for index in range(len(detector.weights))]
    targets = {name: given[name] for name in names}
    losses, found, (scores, boxes) = compute(weights, given["images"], targets)
    np.savez(folder / "found.npz", **losses, **found, best=scores, boxes=boxes)
    print("found", flush=True)
"""


UNDER_JAX_VARIABLES = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}


@pytest.fixture(scope="module")
def jax_process(tmp_path_factory):
    """A process under JAX that takes folders, line by line, and says when each is done."""
    pytest.importorskip("jax", reason="needs the jax extra")
    with (
        (tmp_path_factory.mktemp("jax") / "errors").open("w+") as errors,
        subprocess.Popen(
            [sys.executable, "-c", UNDER_JAX],
            env=os.environ | UNDER_JAX_VARIABLES,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        yield process, Path(errors.name)


@pytest.fixture
def under_jax(detector, jax_process, tmp_path):
    """What the detector finds, and loses in a step, under JAX."""
    process, errors = jax_process
    write_description(detector, tmp_path)
    pictures, targets = batch(detector)
    weights = {f"weight_{i}": value for i, value in enumerate(detector.get_weights())}
    given = {"images": pictures, "names": list(targets), **targets, **weights}
    np.savez(tmp_path / "given.npz", **given)
    print(tmp_path, file=process.stdin, flush=True)
    assert process.stdout.readline() == "found\n", errors.read_text()[-3000:]
    return dict(np.load(tmp_path / "found.npz"))


def test_under_jax_it_finds_and_loses_the_same(detector, trained, under_jax):
    first, *_ = trained
    pictures, _ = batch(detector)

    losses = {name: under_jax[name].item() for name in detector.loss_names}
    assert losses == pytest.approx({name: first[name] for name in losses}, rel=1e-3)
    outputs = detector(pictures)
    for name in ("scores", *detector.box_outputs):
        # Offsets of untrained heads are in the thousands, and rounded in the seventh digit.
        rounding = 1e-3 + 1e-6 * np.abs(outputs[name]).max()
        np.testing.assert_allclose(under_jax[name], outputs[name], rtol=1e-3, atol=rounding)
    # Which boxes are the surest may hang on rounding, how sure they are may not.
    best, boxes = detector.candidates(outputs, *pictures.shape[1:3], 20)
    rounding = 1e-3 + 1e-6 * np.abs(best).max()
    np.testing.assert_allclose(under_jax["best"], best, rtol=1e-3, atol=rounding)
    assert under_jax["boxes"].shape == boxes.shape


def test_it_is_saved_and_loaded(detector, images, tmp_path):
    path = tmp_path / "small.keras"
    detector.save(path)

    loaded = load_detector(path)

    np.testing.assert_allclose(loaded(images)["scores"], detector(images)["scores"], atol=1e-5)


def test_what_inference_needs_is_a_part_of_all_weights(detector):
    every = {id(weight) for weight in detector.weights}
    assert {id(weight) for weight in detector.inference_weights()} <= every
