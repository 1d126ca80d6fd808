"""FaceBoxes and FaceBoxesImproved: shapes, size, saving, prediction."""

import keras
import numpy as np
import pytest

from benchmarks.complexity import count
from tests.parameters import total_parameters
from tfface.anchors import grid_anchors
from tfface.detectors.faceboxes import FaceBoxes, FaceBoxesImproved

DETECTORS = [FaceBoxes, FaceBoxesImproved]


@pytest.fixture(scope="module")
def detectors() -> dict:
    return {kind: kind(width=0.5) for kind in DETECTORS}


def random_picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("kind", DETECTORS)
@pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 160), (256, 128)])
def test_any_multiple_of_32_has_its_anchors(detectors, kind, height: int, width: int) -> None:
    detector = detectors[kind]

    outputs = detector(np.zeros((2, height, width, 3), np.uint8))

    count = len(grid_anchors(detector.anchor_levels, height, width))
    assert outputs["scores"].shape == (2, count)
    assert outputs["offsets"].shape == (2, count, 4)


@pytest.mark.parametrize("kind", DETECTORS)
def test_bytes_and_floats_are_the_same_picture(detectors, kind) -> None:
    picture = random_picture(64, 64)[None]

    of_bytes, of_floats = (detectors[kind](x) for x in (picture, picture.astype(np.float32)))

    np.testing.assert_array_equal(of_bytes["scores"], of_floats["scores"])


def test_fbi_has_the_parameters_of_its_layers() -> None:
    # Convolutions without bias and 2 values a channel of batch normalisation, layer by layer.
    stem = 9 * (3 * 16 + 16 * 16 + 16 * 48 + 48 * 64 + 64 * 96) + 2 * (16 + 16 + 48 + 64 + 96)
    inception = 4 * 96 * 24 + 3 * 9 * 24 * 24 + 2 * 7 * 24
    tail = 96 * 64 + 9 * 64 * 128 + 128 * 64 + 9 * 64 * 128 + 2 * (64 + 128 + 64 + 128)
    # Laterals and enlargements have a bias.
    pyramid = (48 + 64 + 96 + 3) * 32 + 2 * (32 + 1) * 128 + 3 * (9 * 32 * 32 + 2 * 32)
    heads = (32 + 1) * 6 * (4 + 2 + 2) + (128 + 1) * 6 * (2 + 2)

    assert total_parameters(FaceBoxesImproved()) == stem + 3 * inception + tail + pyramid + heads


def test_faceboxes_has_the_parameters_and_multiply_adds_of_its_layers() -> None:
    # C.ReLU doubles what a convolution returns. Inception: 128 channels in, four branches of 32.
    inception = 2 * 128 * 32 + 2 * 128 * 24 + 9 * (24 * 32 + 24 * 32 + 32 * 32)
    shrink = 128 * 128, 9 * 128 * 256, 256 * 128, 9 * 128 * 256
    heads = 9 * 128 * 6 * 21, 9 * 256 * 6, 9 * 256 * 6
    # Maps of a 256x128 picture: 64x32 cells of stride 4, and so on down to 2x1 of stride 128.
    multiply_adds = (
        49 * 3 * 24 * (64 * 32)
        + 25 * 48 * 64 * (16 * 8)
        + (3 * inception + shrink[0] + heads[0]) * (8 * 4)
        + (shrink[1] + shrink[2] + heads[1]) * (4 * 2)
        + (shrink[3] + heads[2]) * (2 * 1)
    )
    convolutions = 49 * 3 * 24 + 25 * 48 * 64 + 3 * inception + sum(shrink) + sum(heads)
    normalization = 2 * (24 + 64 + 3 * (4 * 32 + 2 * 24 + 32) + 2 * (128 + 256))
    biases = 6 * (21 + 1 + 1)

    got = count(FaceBoxes(), height=256, width=128)

    assert got == (multiply_adds, convolutions + normalization + biases)


@pytest.mark.parametrize("kind", DETECTORS)
@pytest.mark.parametrize("width", [0.03, 0.51, 0.0, -1.0])
def test_a_width_that_gives_no_whole_channels_is_refused(kind, width: float) -> None:
    with pytest.raises(ValueError, match=rf"width multiplier {width} turns \d+ channels"):
        kind(width=width)


@pytest.mark.parametrize("kind", DETECTORS)
def test_a_saved_detector_comes_back(detectors, kind, tmp_path) -> None:
    detector, picture = detectors[kind], random_picture(64, 96)[None]
    detector.save(tmp_path / "detector.keras")

    loaded = keras.saving.load_model(tmp_path / "detector.keras")

    assert type(loaded) is kind
    assert loaded.get_config() == detector.get_config()
    assert loaded.width == 0.5
    for name, expected in detector(picture).items():
        np.testing.assert_array_equal(loaded(picture)[name], expected)


@pytest.mark.parametrize("kind", DETECTORS)
@pytest.mark.parametrize(("height", "width"), [(1, 1), (5, 300), (75, 93)])
def test_pictures_of_any_size_are_searched(detectors, kind, height: int, width: int) -> None:
    boxes, scores = detectors[kind].predict_boxes(random_picture(height, width))

    assert boxes.shape == (len(scores), 4)
    assert np.all(np.isfinite(boxes))
    assert np.all(np.diff(scores) <= 0) and np.all(scores >= 0.05)


def test_padding_at_the_right_and_below_moves_no_box(detectors) -> None:
    # The padding is black, as are the last columns of this picture.
    picture = random_picture(64, 96)
    picture[:, 90:] = 0

    whole, cut = (detectors[FaceBoxesImproved].predict_boxes(p) for p in (picture, picture[:, :90]))

    np.testing.assert_allclose(whole[0], cut[0])
    np.testing.assert_allclose(whole[1], cut[1])


@pytest.mark.parametrize("kind", DETECTORS)
def test_the_size_of_the_picture_moves_no_map(detectors, kind) -> None:
    # 640 and 608 pixels are 20 and 19 cells of stride 32, 10 of 64, 5 of 128: the maps of both are
    # the same but where they see the border.
    picture = random_picture(640, 640)[None].astype(np.float32)
    maps, cut = (
        detectors[kind].feature_maps(p, training=False) for p in (picture, picture[:, :608, :608])
    )

    for whole, part in zip(maps[-2:], cut[-2:], strict=True):
        np.testing.assert_allclose(part[:, :2, :2], whole[:, :2, :2], atol=1e-4)


def test_faceboxes_of_before_the_released_layout_are_refused(detectors) -> None:
    # Their configuration was their width, and the same weights would look at other places.
    with pytest.raises(
        ValueError, match="padding and anchors of the released code.*train it again"
    ):
        FaceBoxes.from_config({"name": "face_boxes", "width": 0.5})

    copy = FaceBoxes.from_config(detectors[FaceBoxes].get_config())
    assert copy.width == 0.5
