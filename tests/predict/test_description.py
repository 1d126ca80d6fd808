"""tfface.predict.description: what a TFLite file says about itself."""

import keras
import numpy as np
import pytest

from convert.graph import DetectionGraph
from convert.metadata import embed
from convert.tflite import to_tflite
from tfface.detectors.faceboxes import FaceBoxes
from tfface.predict import signature
from tfface.predict.description import read_embedded, selection_of
from tfface.predict.litert import LiteRTRuntime
from tfface.predict.runtime import ModelError
from tfface.predict.selection import Selection
from tfface.presets import PRESETS


def test_the_thresholds_of_a_file_are_those_of_its_detector() -> None:
    assert selection_of(PRESETS["fbi-half"].read()) == Selection(iou_threshold=0.3)
    assert selection_of(PRESETS["yunet-n"].read()) == Selection()


@pytest.fixture(scope="module")
def candidates() -> bytes:
    """A file of all boxes, without a description."""
    keras.utils.set_random_seed(0)
    return to_tflite(DetectionGraph(FaceBoxes(0.5), size=(64, 64), batch=1), signature.CANDIDATES)


def test_a_file_that_says_nothing_is_selected_from_as_usual(candidates: bytes) -> None:
    assert read_embedded(candidates) is None
    assert selection_of(candidates) == Selection()


def test_the_faces_of_a_file_of_all_boxes_are_those_that_it_asks_for(candidates: bytes) -> None:
    few = {"selection": {"score_threshold": 0.0, "max_detections": 3}}
    picture = np.full((64, 64, 3), 100, np.uint8)

    boxes, _ = LiteRTRuntime(embed(candidates, few), "few.tflite").run(picture)

    assert len(boxes) == 3


@pytest.mark.parametrize(
    "description", [{"selection": {"iou_threshold": 7.0}}, {"selection": {"colour": 1}}, [1]]
)
def test_thresholds_that_make_no_sense_are_refused(candidates: bytes, description) -> None:
    with pytest.raises(ModelError, match=r"odd\.tflite: expected thresholds in its metadata"):
        LiteRTRuntime(embed(candidates, description), "odd.tflite")
