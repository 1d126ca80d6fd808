"""The presets on pictures of nothing: no face at the default threshold, whatever the size."""

import numpy as np
import pytest

from benchmarks.nothing import NOTHING, SIZES, portrait, with_bars
from tfface import FaceDetector


@pytest.fixture(scope="module", params=["fbi-1", "fbi-half"])
def detector(request: pytest.FixtureRequest) -> FaceDetector:
    return FaceDetector.from_preset(request.param)


@pytest.mark.parametrize("name", NOTHING)
def test_there_is_no_face_on_nothing(detector: FaceDetector, name: str) -> None:
    faces = {size: len(detector.detect(NOTHING[name](size))) for size in SIZES}

    assert faces == dict.fromkeys(SIZES, 0)


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    return pytest.importorskip("skimage.data", reason="brings the picture").astronaut()


FACE = (175, 65, 275, 190)
"""Where the astronaut's face is, about, of 512x512 pixels."""


def overlap(box, other) -> float:
    corners = np.maximum(box[:2], other[:2]), np.minimum(box[2:], other[2:])
    common = np.prod(np.maximum(corners[1] - corners[0], 0))
    areas = [np.prod(np.subtract(b[2:], b[:2])) for b in (box, other)]
    return float(common / (sum(areas) - common))


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (1080, 1920)])
@pytest.mark.parametrize("colour", [0, 255])
def test_bars_beside_a_picture_have_no_faces(
    detector: FaceDetector, astronaut: np.ndarray, size: tuple[int, int], colour: int
) -> None:
    screen, (x_min, y_min, x_max, _) = with_bars(astronaut, size, colour)

    found = detector.detect(screen)

    scale = (x_max - x_min) / 512
    face = np.array(FACE) * scale + [x_min, y_min, x_min, y_min]
    assert [overlap(box, face) > 0.5 for box in found.boxes] == [True]


@pytest.mark.parametrize("side", [1500, 3000])
@pytest.mark.parametrize("part", [(85, 0, 365, 280), (80, 0, 380, 300), (100, 0, 356, 256)])
def test_a_portrait_of_many_pixels_has_one_face(
    detector: FaceDetector, astronaut: np.ndarray, part: tuple[int, int, int, int], side: int
) -> None:
    image, scale = portrait(astronaut, part, side)

    found = detector.detect(image)

    face = (np.array(FACE) - [*part[:2], *part[:2]]) * scale
    assert [overlap(box, face) > 0.5 for box in found.boxes] == [True]
