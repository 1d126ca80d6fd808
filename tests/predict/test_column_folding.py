"""TFLite files whose first convolutions read many columns at once."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from tfface.packaged import WEIGHTS, file_name
from tfface.predict import column_folding
from tfface.predict.column_folding import columns_at_once, fold_columns, fold_kernel, suit_processor
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.selection import Selection


@pytest.fixture(autouse=True)
def without_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are folded where a test says so, and not by this processor."""
    monkeypatch.setattr(column_folding, "has_amx", lambda: False)


def shipped(preset: str, precision: str) -> bytes:
    return WEIGHTS.joinpath(file_name(preset, precision)).read_bytes()


def convolve(image: np.ndarray, kernel: np.ndarray, stride: tuple[int, int]) -> np.ndarray:
    """`(H, W, C)` with `(filters, height, width, C)` and "same" padding, number by number."""
    size, sides = image.shape[:2], kernel.shape[1:3]
    steps = [-(-side // step) for side, step in zip(size, stride, strict=True)]
    spare = [
        max((count - 1) * step + side - whole, 0)
        for count, step, side, whole in zip(steps, stride, sides, size, strict=True)
    ]
    padded = np.pad(image, [*((each // 2, each - each // 2) for each in spare), (0, 0)])
    output = np.zeros((*steps, len(kernel)), int)
    for y, x in np.ndindex(*steps):
        top, left = y * stride[0], x * stride[1]
        seen = padded[top : top + sides[0], left : left + sides[1]]
        output[y, x] = (kernel * seen).sum(axis=(1, 2, 3))
    return output


@given(
    width=st.integers(1, 9),
    stride=st.integers(2, 4),
    times=st.integers(1, 4),
    blocks=st.integers(1, 4),
    seed=st.integers(0, 9),
)
def test_a_folded_kernel_gives_the_same_numbers(
    width: int, stride: int, times: int, blocks: int, seed: int
) -> None:
    columns = stride * times
    random = np.random.default_rng(seed)
    image = random.integers(-9, 9, (4, blocks * columns, 3))
    kernel = random.integers(-9, 9, (2, 3, width, 3), dtype=np.int8)

    folded = convolve(
        image.reshape(4, blocks, columns * 3), fold_kernel(kernel, stride, columns), (2, 1)
    )

    assert folded.shape == (2, blocks, times * 2)
    assert folded.tobytes() == convolve(image, kernel, (2, stride)).tobytes()


def test_a_kernel_by_hand() -> None:
    # Three columns wide, step 2: "same" padding has one column, behind. Of the four columns of a
    # block the first output reads 0, 1, 2; the second 2, 3 and the first of the next block.
    kernel = np.array([1, 2, 3], np.int8).reshape(1, 1, 3, 1)

    folded = fold_kernel(kernel, 2, 4)

    assert folded[:, 0].tolist() == [
        [[1, 2, 3, 0], [0, 0, 0, 0]],
        [[0, 0, 1, 2], [3, 0, 0, 0]],
    ]


@pytest.mark.parametrize(
    ("filters", "strides", "columns"),
    [
        ([16, 32, 64], [2, 2, 2], 8),  # 4 x 16 and 2 x 32 of 64
        ([16, 16, 48, 64], [2, 2, 2, 2], 8),  # 8 x 16 would be 128
        ([8, 8, 24, 32], [2, 2, 2, 2], 16),  # 8 x 8, 4 x 8, 2 x 24
        ([32, 64], [4, 2], 8),
        ([96], [2], 2),  # gives one column: no more filters than it had
        ([], [], 1),
    ],
)
def test_as_many_columns_as_a_tile_has_room_for(
    filters: list[int], strides: list[int], columns: int
) -> None:
    assert columns_at_once(filters, strides) == columns


@pytest.mark.parametrize("size", [(128, 160), (75, 117)])
@pytest.mark.parametrize(
    ("preset", "precision"),
    [("fbi-1", "int8"), ("fbi-half", "int8"), ("plain-yunet", "int8"), ("plain-yunet", "dynamic")],
)
def test_a_folded_file_finds_the_same_to_the_last_bit(
    preset: str, precision: str, size: tuple[int, int]
) -> None:
    image = np.ascontiguousarray(astronaut()[: size[0], 150 : 150 + size[1]])
    content = shipped(preset, precision)
    folded = fold_columns(content)

    assert folded != content
    boxes, scores = LiteRTRuntime(content, "as shipped", is_known=True).run(image)
    of_folded = LiteRTRuntime(folded, "folded").run(image)

    assert len(scores) > 0
    assert of_folded[0].tobytes() == boxes.tobytes()
    assert of_folded[1].tobytes() == scores.tobytes()


@pytest.mark.parametrize(
    ("preset", "precision"),
    [("plain-yunet", "float32"), ("yunet-n", "int8"), ("fb-1", "int8")],  # floats; padding apart
)
def test_others_stay_as_they_are(preset: str, precision: str) -> None:
    content = shipped(preset, precision)

    assert fold_columns(content) is content


def dynamic_file(detector: Any, size: tuple[int, int] | None = None) -> bytes:
    from convert.graph import DetectionGraph
    from convert.quantization import quantize
    from convert.tflite import to_tflite

    every_box = Selection(score_threshold=0.0)
    return quantize(to_tflite(DetectionGraph(detector, every_box, size, batch=1)), "dynamic")


def test_a_file_of_one_size(small_detector: Callable[[str], Any]) -> None:
    content = dynamic_file(small_detector("PlainYuNet"), (64, 96))
    folded = fold_columns(content)
    image = np.ascontiguousarray(astronaut()[:64, 200:296])

    assert folded != content
    found, of_folded = (LiteRTRuntime(each, "one size").run(image) for each in (content, folded))
    assert len(found[1]) > 0
    assert [each.tobytes() for each in of_folded] == [each.tobytes() for each in found]


def test_a_width_that_is_no_multiple_is_left_alone(small_detector: Callable[[str], Any]) -> None:
    # The first three convolutions divide the width by 8; this file pads it to a multiple of 4.
    detector = small_detector("PlainYuNet")
    detector.stride_multiple = 4
    content = dynamic_file(detector)

    assert fold_columns(content) is content


def test_only_where_the_processor_has_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    content = shipped("fbi-half", "int8")

    assert suit_processor(content) is content

    monkeypatch.setattr(column_folding, "has_amx", lambda: True)
    assert suit_processor(content) == fold_columns(content)


def test_a_damaged_file_is_left_to_litert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_folding, "has_amx", lambda: True)
    content = shipped("fbi-half", "int8")

    for end in range(8, len(content), 9_973):
        assert suit_processor(content[:end]) == content[:end]


def test_a_litert_without_tools_for_files_runs_them_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(column_folding, "has_amx", lambda: True)
    monkeypatch.setitem(sys.modules, "ai_edge_litert.tools", None)
    content = shipped("fbi-half", "int8")

    assert suit_processor(content) is content
