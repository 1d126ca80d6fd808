"""TFLite files in LiteRT."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from tfface.predict.litert import LiteRTRuntime, load_interpreter
from tfface.predict.runtime import ModelError


def picture_with_red(height: int, width: int, y: int, x: int) -> np.ndarray:
    """Black, with one red pixel, which is what the tiny detectors find."""
    image = np.zeros((height, width, 3), np.uint8)
    image[y, x, 0] = 255
    return image


def test_faces_in_pictures_of_changing_size(tflite_content: bytes) -> None:
    runtime = LiteRTRuntime(tflite_content, "reddest.tflite")

    assert runtime.fixed_size is None
    for height, width, y, x in [(32, 64, 3, 5), (96, 32, 90, 31), (96, 32, 0, 0), (32, 64, 31, 1)]:
        boxes, scores = runtime.run(picture_with_red(height, width, y, x))

        assert boxes.tolist() == [[x, y, x + 1, y + 1], [0, 0, width, height]]
        assert scores.tolist() == [1.0, 0.25]
        assert (boxes.dtype, scores.dtype) == (np.float32, np.float32)


def test_red_is_the_first_channel(tflite_content: bytes) -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[4, 5], image[6, 7] = (0, 0, 255), (200, 0, 0)

    boxes, _ = LiteRTRuntime(tflite_content, "reddest.tflite").run(image)

    assert boxes[0].tolist() == [7, 6, 8, 7]


def test_results_outlive_the_next_picture(tflite_content: bytes) -> None:
    runtime = LiteRTRuntime(tflite_content, "reddest.tflite")

    first, _ = runtime.run(picture_with_red(32, 32, 3, 5))
    runtime.run(picture_with_red(64, 64, 40, 50))

    assert first[0].tolist() == [5, 3, 6, 4]


def test_a_view_of_another_picture(tflite_content: bytes) -> None:
    # Blue first, turned by a view with a negative stride, as pictures of OpenCV often come.
    blue_first = picture_with_red(32, 32, 3, 5)[..., ::-1].copy()

    boxes, _ = LiteRTRuntime(tflite_content, "reddest.tflite").run(blue_first[..., ::-1])

    assert boxes[0].tolist() == [5, 3, 6, 4]


def test_a_file_of_one_size(fixed_tflite_content: bytes) -> None:
    runtime = LiteRTRuntime(fixed_tflite_content, "fixed.tflite")

    assert runtime.fixed_size == (64, 96)
    assert runtime.run(picture_with_red(64, 96, 60, 90))[0][0].tolist() == [90, 60, 91, 61]
    with pytest.raises(ModelError, match=r"fixed\.tflite.*\(32, 32, 3\)"):
        runtime.run(picture_with_red(32, 32, 0, 0))
    # An error leaves it in order.
    assert runtime.run(picture_with_red(64, 96, 1, 2))[0][0].tolist() == [2, 1, 3, 2]


def watch_allocations(monkeypatch: pytest.MonkeyPatch, before: Callable[[int], None]) -> list[Any]:
    """The interpreters as they are loaded; before one allocates, `before` gets its number."""
    loaded: list[Any] = []

    class Watched:
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            self._interpreter = load_interpreter(*arguments, **settings)
            loaded.append(self)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._interpreter, name)

        def allocate_tensors(self) -> None:
            before(loaded.index(self))
            self._interpreter.allocate_tensors()

    monkeypatch.setattr("tfface.predict.litert.load_interpreter", Watched)
    return loaded


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (RuntimeError(""), "RuntimeError, which gives no reason"),
        (RuntimeError("failed to prepare."), "failed to prepare"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_after_a_failure_the_file_is_loaded_anew(
    tflite_content: bytes, monkeypatch: pytest.MonkeyPatch, failure: Exception, reason: str
) -> None:
    # An interpreter that could not take a large picture crashes the process at the next size.
    def fail_at_first(number: int) -> None:
        if number == 0:
            raise failure

    loaded = watch_allocations(monkeypatch, fail_at_first)
    runtime = LiteRTRuntime(tflite_content, "reddest.tflite")

    with pytest.raises(ModelError, match=rf"\(64, 64, 3\): {reason}; .* a smaller long_side"):
        runtime.run(picture_with_red(64, 64, 3, 5))
    boxes, _ = runtime.run(picture_with_red(32, 32, 3, 5))

    assert boxes[0].tolist() == [5, 3, 6, 4]
    assert len(loaded) == 2


@pytest.mark.parametrize(
    ("sides", "allocations"),
    [
        # Portraits and landscapes in turn: each has its memory.
        ([(64, 32), (32, 64), (64, 32), (32, 64)], 2),
        # Of three sizes in turn, every one comes when it has been given up.
        ([(64, 32), (32, 64), (32, 32), (64, 32), (32, 64)], 5),
        # The last one used stays.
        ([(64, 32), (32, 64), (64, 32), (32, 32), (64, 32)], 3),
        # 1,024 x 2,048 pixels leave no room for others.
        ([(64, 32), (32, 64), (1024, 2048), (64, 32), (1024, 2048)], 5),
    ],
)
def test_a_file_stays_ready_for_two_sizes(
    tflite_content: bytes,
    monkeypatch: pytest.MonkeyPatch,
    sides: list[tuple[int, int]],
    allocations: int,
) -> None:
    allocated: list[int] = []
    loaded = watch_allocations(monkeypatch, allocated.append)
    runtime = LiteRTRuntime(tflite_content, "reddest.tflite")

    for height, width in sides:
        boxes, _ = runtime.run(picture_with_red(height, width, height - 2, width - 3))

        assert boxes[0].tolist() == [width - 3, height - 2, width - 2, height - 1]
    assert len(allocated) == allocations
    assert len(loaded) <= 2


def test_threads_may_share_a_detector(tflite_content: bytes) -> None:
    runtime = LiteRTRuntime(tflite_content, "reddest.tflite", threads=2)
    positions = [(index % 32, index * 7 % 64) for index in range(64)]

    def find(position: tuple[int, int]) -> list[float]:
        y, x = position
        return runtime.run(picture_with_red(32 + 32 * (y % 2), 64, y, x))[0][0].tolist()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(find, positions))

    assert found == [[x, y, x + 1, y + 1] for y, x in positions]


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x1c\0\0\0TFL2 and more", b"PK\3\4" * 100])
def test_files_that_are_no_tflite(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"notes\.txt: expected a TFLite file"):
        LiteRTRuntime(content, "notes.txt")


def test_damaged_files(tflite_content: bytes) -> None:
    noise = np.random.default_rng(0).bytes(1000)
    damaged = [tflite_content[:8], tflite_content[:8] + noise]
    damaged += [tflite_content[:length] for length in range(9, len(tflite_content), 97)]

    for content in damaged:
        with pytest.raises(ModelError, match=r"cut\.tflite: expected a whole TFLite file"):
            LiteRTRuntime(content, "cut.tflite")


def test_other_networks_are_refused(export_tflite: Callable[..., bytes]) -> None:
    def other_names(x):
        return {"y": x}

    def other_type(images):
        return {"boxes": images, "scores": images + 1.0, "count": images + 2.0}

    shape = (1, 32, 32, 3)
    with pytest.raises(ModelError, match=r"got the inputs \['x'\] and the outputs \['y'\]"):
        LiteRTRuntime(export_tflite(other_names, shape, "float32"), "other.tflite")
    with pytest.raises(ModelError, match="'images' of type uint8, got float32"):
        LiteRTRuntime(export_tflite(other_type, shape, "float32"), "other.tflite")


def test_single_numbers_are_no_faces(export_tflite: Callable[..., bytes]) -> None:
    import tensorflow as tf

    def numbers(images):
        first = tf.cast(images[0, 0, 0, 0], tf.float32)
        return {"boxes": first, "scores": first + 1.0, "count": tf.cast(first, tf.int32)}

    runtime = LiteRTRuntime(export_tflite(numbers, (1, 32, 32, 3), "uint8"), "numbers.tflite")

    with pytest.raises(ModelError, match=r"numbers\.tflite: expected boxes \(1, K, 4\)"):
        runtime.run(np.zeros((32, 32, 3), np.uint8))


def test_a_file_without_a_signature() -> None:
    import tensorflow as tf

    function = tf.function(lambda x: x + 1.0).get_concrete_function(tf.TensorSpec([1, 2]))
    content = tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()

    with pytest.raises(ModelError, match="signature 'serving_default', got none"):
        LiteRTRuntime(content, "plain.tflite")


def test_less_than_one_thread_is_refused(tflite_content: bytes) -> None:
    threads: Any
    for threads, told in ((0, "0"), (2.0, r"2\.0"), ("2", "'2'"), (None, "None")):
        with pytest.raises(ValueError, match=f"1 to 1024 threads, got {told}"):
            LiteRTRuntime(tflite_content, "reddest.tflite", threads=threads)
    threads = np.int64(2)
    LiteRTRuntime(tflite_content, "reddest.tflite", threads=threads)
