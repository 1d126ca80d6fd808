"""FaceDetector: from a picture to its faces."""

import shutil
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.detecting import Tensor
from tfface.predict.face_detector import FaceDetector
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.runtime import Faces, ModelError, Size
from tfface.predict.strategy import Turned, parse_strategy
from tfface.presets import PRESETS


class FixedFaces:
    """A runtime that finds what it was told to, and remembers the last input."""

    def __init__(self, faces: list[list[float]], fixed_size: Size | None = None) -> None:
        self.faces = np.array(faces, np.float32).reshape(-1, 5)  # x_min, y_min, x_max, y_max, score
        self.fixed_size = fixed_size

    def run(self, image: np.ndarray) -> Faces:
        self.image = image
        return self.faces[:, :4], self.faces[:, 4]


def black(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


def test_faces_above_the_threshold_in_falling_order() -> None:
    detector = FaceDetector(FixedFaces([[0, 0, 9, 9, 0.5], [1, 1, 8, 8, 0.25], [2, 2, 7, 7, 0.75]]))

    assert detector.detect(black(32, 32), threshold=0.5).scores.tolist() == [0.75, 0.5]
    assert len(detector.detect(black(32, 32), threshold=0)) == 3
    assert len(detector.detect(black(32, 32), threshold=1)) == 0


def test_boxes_are_in_pixels_of_the_picture_given() -> None:
    # 100 x 200 searched at a long side of 400: 200 x 400, padded to 224 x 416.
    runtime = FixedFaces([[40, 20, 80, 60, 0.9]])

    detections = FaceDetector(runtime).detect(black(100, 200), long_side=400)

    assert runtime.image.shape == (224, 416, 3)
    assert detections.boxes.tolist() == [[20, 10, 40, 30]]


def test_boxes_are_cut_and_those_in_the_padding_dropped() -> None:
    runtime = FixedFaces([[-5, -5, 50, 10, 0.9], [30, 0, 31, 9, 0.8]])  # the second: right of 30

    detections = FaceDetector(runtime).detect(black(20, 30))

    assert detections.boxes.tolist() == [[0, 0, 30, 10]]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_an_error_and_no_face(number: float) -> None:
    with pytest.raises(ModelError, match="expected finite scores"):
        FaceDetector(FixedFaces([[0, 0, 9, 9, number]])).detect(black(32, 32))
    with pytest.raises(ModelError, match="expected finite boxes"):
        FaceDetector(FixedFaces([[0, 0, number, 9, 0.8]])).detect(black(32, 32))


def test_boxes_that_are_no_faces_may_be_anything() -> None:
    """Those of the least sure anchors overflow now and then."""
    runtime = FixedFaces([[0, 0, float("inf"), 9, 0.1]])

    assert len(FaceDetector(runtime).detect(black(32, 32))) == 0


def test_the_smallest_and_the_most_faces() -> None:
    # 9, 20 and 6 pixels high
    faces = [[0.0, 0, 9, 9, 0.5], [10.0, 0, 12, 20, 0.75], [20.0, 0, 26, 6, 0.875]]
    detector = FaceDetector(FixedFaces(faces))

    assert detector.detect(black(32, 32), min_face=9).scores.tolist() == [0.75, 0.5]
    assert detector.detect(black(32, 32), max_faces=1).scores.tolist() == [0.875]
    for options in ({"min_face": -1}, {"min_face": float("nan")}, {"max_faces": 0}):
        with pytest.raises(ValueError, match="expected min_face of 0 pixels or more and max_faces"):
            detector.detect(black(32, 32), **options)


def test_pictures_come_as_path_bytes_pillow_and_blue_first(
    tmp_path: Path, tflite_file: Path
) -> None:
    from PIL import Image

    image = black(50, 70)
    image[30, 60] = 200, 90, 0
    Image.fromarray(image).save(tmp_path / "a.png")
    path = tmp_path / "a.png"
    detector = FaceDetector.from_preset(tflite_file)

    for picture in (image, path, str(path), path.read_bytes(), Image.open(path)):
        assert detector.detect(picture).boxes.tolist() == [[60, 30, 61, 31]]
    assert detector.detect(image[..., ::-1], bgr=True).boxes.tolist() == [[60, 30, 61, 31]]
    for given in (path, path.read_bytes(), Image.open(path), Tensor(image[..., ::-1])):
        # It says nothing of what is no array, and counts for arrays of others.
        assert detector.detect(given, bgr=True).boxes.tolist() == [[60, 30, 61, 31]]


def test_a_batch_has_its_results_in_order_and_fails_at_the_picture_that_fails(
    tmp_path: Path, tflite_file: Path
) -> None:
    detector = FaceDetector.from_preset(tflite_file)
    red = black(30, 50)
    red[5, 7, 0] = 255
    pictures = [black(40, 40), red, tmp_path / "missing.png", black(9, 9)]

    results = detector.detect_batch(pictures, threshold=0.2)

    assert len(next(results)) == 1  # the whole picture, as the tiny detector has it
    assert next(results).boxes.tolist() == [[7, 5, 8, 6], [0, 0, 50, 30]]
    with pytest.raises(ValueError, match=r"missing\.png"):
        next(results)
    assert list(detector.detect_batch([])) == []


def test_a_video_has_the_faces_of_every_frame(tmp_path: Path, tflite_file: Path) -> None:
    from tfface.video import VideoError
    from tfface.video_writer import write_video

    with write_video(tmp_path / "a.mp4", rate=10) as video:
        for x in (16, 48, 80):
            image = black(64, 128)
            image[16:48, x : x + 32, 0] = 255
            video.write(image)
    detector = FaceDetector.from_preset(tflite_file)

    frames = list(detector.detect_video(tmp_path / "a.mp4", threshold=0.3))

    assert [(frame.number, frame.seconds) for frame in frames] == [(0, 0), (1, 0.1), (2, 0.2)]
    for frame, x in zip(frames, (16, 48, 80), strict=True):
        (box,) = frame.detections.boxes
        assert x - 2 <= box[0] < x + 34 and 14 <= box[1] < 50
    (first, *_) = detector.detect_video(tmp_path / "a.mp4", threshold=0.3, bgr=True)
    assert len(first.detections) == 1 and not first.detections.bgr  # its frames are RGB
    with pytest.raises(VideoError, match="expected a video file"):
        next(detector.detect_video(tmp_path / "missing.mp4"))


def test_no_faces() -> None:
    detections = FaceDetector(FixedFaces([])).detect(black(480, 640))

    assert (detections.boxes.shape, detections.scores.shape) == ((0, 4), (0,))


@pytest.mark.parametrize("shape", [(1, 1), (5, 3000), (3000, 5), (33, 31), (40, 30, 1), (7, 9, 4)])
@pytest.mark.parametrize("long_side", [None, 1, 64])
def test_pictures_of_every_shape(
    tflite_content: bytes, shape: tuple[int, ...], long_side: int | None
) -> None:
    detector = FaceDetector(LiteRTRuntime(tflite_content, "reddest.tflite"))

    detections = detector.detect(np.full(shape, 200, np.uint8), 0.2, long_side)

    # The second face of the tiny detector is its whole input, so the picture once it is cut.
    assert [0, 0, shape[1], shape[0]] in detections.boxes.tolist()
    assert (detections.boxes >= 0).all()


@pytest.mark.parametrize("long_side", [None, 64, 128, 333])
def test_a_face_is_found_where_it_is(tflite_content: bytes, long_side: int | None) -> None:
    # A red square of 8 x 8 pixels: the reddest pixel lies inside it at every scale.
    image = black(150, 250)
    image[80:88, 200:208, 0] = 255
    detector = FaceDetector(LiteRTRuntime(tflite_content, "reddest.tflite"))

    box = detector.detect(image, 0.5, long_side).boxes[0]

    scale = 250 / (long_side or 250)
    assert 200 - scale <= box[0] < box[2] <= 208 + scale
    assert 80 - scale <= box[1] < box[3] <= 88 + scale


def test_a_detector_of_one_size_takes_every_picture(fixed_tflite_content: bytes) -> None:
    # The input is 64 x 96; a picture of 128 x 128 becomes 64 x 64, with 32 columns of padding.
    image = black(128, 128)
    image[96:, 64:66, 0] = 200
    detector = FaceDetector(LiteRTRuntime(fixed_tflite_content, "fixed.tflite"))

    detections = detector.detect(image, threshold=0.2)

    assert detections.boxes.tolist() == [[64, 96, 66, 98], [0, 0, 128, 128]]


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_thresholds_outside_of_scores_are_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"threshold in 0\.\.1"):
        FaceDetector(FixedFaces([])).detect(black(32, 32), threshold)


def test_every_kind_of_model_finds_the_same(tflite_file: Path, saved_model_folder: Path) -> None:
    image = black(50, 70)
    image[30, 60, 0] = 255

    for path in (tflite_file, str(tflite_file), saved_model_folder):
        detections = FaceDetector.from_preset(path, threads=1).detect(image)

        assert detections.boxes.tolist() == [[60, 30, 61, 31]]


def test_presets_load_by_name(tflite_content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    class File:
        name = "fbi-1.tflite"

        def read(self) -> bytes:
            return tflite_content

    class PackagedPreset:
        def file(self, precision: str) -> File:
            return File()

    monkeypatch.setitem(PRESETS, "fbi-1", PackagedPreset())

    assert len(FaceDetector.from_preset("fbi-1").detect(black(32, 32), threshold=0.2)) == 1


def test_presets_come_in_several_precisions() -> None:
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)

    scores = [
        FaceDetector.from_preset("fbi-half", precision=precision).detect(image, 0.0).scores
        for precision in ("float32", "dynamic", "int8")
    ]

    # The same network, but not to the last digit.
    assert all(len(of_one) for of_one in scores)
    assert scores[0].tolist() != scores[1].tolist() != scores[2].tolist()


def test_another_precision_names_those_there_are() -> None:
    expected = r"precision of preset 'fbi-1' \(float32, dynamic, int8\), got 'int4'"
    with pytest.raises(ValueError, match=expected):
        FaceDetector.from_preset("fbi-1", precision="int4")


def test_a_file_has_its_own_precision(tflite_file: Path) -> None:
    with pytest.raises(ValueError, match="no precision beside the path of a detector.*got 'int8'"):
        FaceDetector.from_preset(tflite_file, precision="int8")


def test_keras_models() -> None:
    class OneFace:
        def predict_boxes(self, image, score_threshold):
            return np.array([[1, 2, 3, 4]], np.float32), np.array([0.5], np.float32)

    assert FaceDetector.from_model(OneFace()).detect(black(9, 9)).boxes.tolist() == [[1, 2, 3, 4]]
    with pytest.raises(TypeError, match="predict_boxes"):
        FaceDetector.from_model(object())


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("fbi-1", r"'fbi-1'; use FaceDetector\.from_preset\('fbi-1'\)"),
        (Path("mine.tflite"), r"from_preset\('mine\.tflite'\)"),
        (None, r"None; use FaceDetector\.from_preset or from_model"),
    ],
)
def test_a_detector_is_not_made_of_a_name(given: object, advice: str) -> None:
    with pytest.raises(TypeError, match=f"expected a loaded detector, got .*{advice}"):
        FaceDetector(given)  # type: ignore[arg-type]


def test_a_keras_model_is_sent_to_from_model() -> None:
    class OneFace:
        def predict_boxes(self, image, score_threshold):
            raise NotImplementedError

    with pytest.raises(TypeError, match=r"a OneFace; use FaceDetector\.from_model"):
        FaceDetector(OneFace())  # type: ignore[arg-type]


def test_names_and_files_that_are_no_model(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("nothing to load")
    shutil.copy(text, tmp_path / "notes.keras")

    with pytest.raises(
        ModelError, match=r"\(fbi-1, fbi-half, .*fb-1\).*'fbi-3', which is none of them"
    ):
        FaceDetector.from_preset("fbi-3")
    with pytest.raises(ModelError, match=r"notes\.txt: expected a TFLite file"):
        FaceDetector.from_preset(text)
    with pytest.raises(ModelError, match=r"notes\.keras: expected a detector"):
        FaceDetector.from_preset(tmp_path / "notes.keras")
    with pytest.raises(ModelError, match=r"without saved_model\.pb"):
        FaceDetector.from_preset(tmp_path)


def test_a_picture_that_needs_no_scaling_is_not_copied() -> None:
    faces = [[x, 10, x + 20, 40, 0.9] for x in range(0, 600, 12)]
    detector, image = FaceDetector(FixedFaces(faces)), black(480, 640)
    detector.detect(image)

    tracemalloc.start()
    try:
        detector.detect(image)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # Some operations on 50 boxes of 16 bytes; the picture has 480 x 640 x 3 = 921,600.
    assert peak < 50_000


def test_masks_have_the_size_of_the_picture() -> None:
    from tfface.detectors.uf_ssd import UFSSD

    detector = FaceDetector.from_model(UFSSD("resnet18", 0.0625, mask_levels=(0, 4)))

    masks = detector.masks(np.zeros((50, 70, 3), np.uint8), long_side=140)

    assert [(mask.shape, mask.dtype) for mask in masks] == [((50, 70), bool)] * 2


def test_masks_of_a_file_and_of_a_picture_of_opencv(tmp_path: Path) -> None:
    from tfface.detectors.uf_ssd import UFSSD

    detector = FaceDetector.from_model(UFSSD("resnet18", 0.0625))
    image = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image)

    of_file, of_array = detector.masks(tmp_path / "a.png"), detector.masks(image, bgr=True)

    np.testing.assert_array_equal(of_file, of_array)


def test_a_detector_of_keras_that_gives_no_numbers_is_an_error() -> None:
    from tests.tiny_detector import TinyDetector

    model = TinyDetector()
    detector = FaceDetector.from_model(model)
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])

    with pytest.raises(ModelError, match="TinyDetector: expected finite scores"):
        detector.detect(np.zeros((64, 64, 3), np.uint8))


def test_masks_of_a_detector_without(tflite_file) -> None:
    picture = np.zeros((32, 32, 3), np.uint8)

    with pytest.raises(ValueError, match="expected a Keras detector, .* got a preset, a TFLite"):
        FaceDetector.from_preset(tflite_file).masks(picture)


def test_faces_of_several_looks_are_joined() -> None:
    # Always from (10, 20) to (30, 60) of 200 x 100: mirrored that is (170, 20) to (190, 60).
    detector = FaceDetector(FixedFaces([[10, 20, 30, 60, 0.9]]))

    detections = detector.detect(black(100, 200), strategy="pyramid=200")

    assert detections.boxes.tolist() == [[10, 20, 30, 60], [170, 20, 190, 60]]


def test_looks_that_see_one_face_vote_on_its_box() -> None:
    # From (90, 20) to (114, 60) of 200 x 100, mirrored (86, 20) to (110, 60): 20 of 28 in common.
    detector = FaceDetector(FixedFaces([[90, 20, 114, 60, 0.9]]))

    detections = detector.detect(black(100, 200), strategy="pyramid=200")

    np.testing.assert_allclose(detections.boxes, [[88, 20, 112, 60]])
    np.testing.assert_allclose(detections.scores, [0.9])


def test_looks_at_a_turned_picture_have_no_vote() -> None:
    # Turned by half, the box is from (40, 41) to (60, 70) of 100 x 100, most of it the same.
    detector = FaceDetector(FixedFaces([[40, 30, 60, 59, 0.9]]))

    detections = detector.detect(black(100, 100), strategy=Turned(parse_strategy("original")))

    assert [40, 30, 60, 59] in detections.boxes.tolist()


def test_a_face_that_a_tile_cuts_off_is_left_to_others() -> None:
    # At the right edge of every input of 64 x 64: whole in the picture and in its last tile alone.
    detector = FaceDetector(FixedFaces([[40, 10, 64, 30, 0.9]]))

    detections = detector.detect(black(64, 100), strategy="tiles=64")

    # Of the picture, and of the second tile, which begins at 36.
    assert sorted(detections.boxes.tolist()) == [[40, 10, 64, 30], [76, 10, 100, 30]]


def test_a_size_and_a_strategy_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="expected a long_side or a strategy, got both"):
        FaceDetector(FixedFaces([])).detect(black(8, 8), long_side=8, strategy="original")
