"""Specification of `tfface.evaluation.coco`, by hand and against pycocotools."""

import contextlib
import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfface.evaluation.coco import (
    AREAS,
    BoxFaces,
    CocoResult,
    evaluate_coco,
    format_table,
    match,
    overlaps,
    plot_curves,
)


def faces(*boxes, ignored=()):
    rows = np.array(boxes, np.float64).reshape(-1, 4)
    return BoxFaces(rows, np.array(ignored or [False] * len(rows), bool))


def test_one_face_found_exactly():
    result = evaluate_coco({"a": np.array([[0, 0, 40, 40, 0.9]])}, {"a": faces((0, 0, 40, 40))})
    # 1,600 square pixels are medium, from 32 x 32 to 96 x 96.
    assert {name: each.faces for name, each in result.items()} == {
        "all": 1,
        "small": 0,
        "medium": 1,
        "large": 0,
    }
    assert result["all"].average_precision == result["medium"].average_precision == 1
    assert np.isnan(result["small"].average_precision)
    assert result["small"].to_json()["average_precision"] is None


def test_by_hand():
    # Two faces, three boxes: right at 0.9, wrong at 0.8, and at 0.7 one of IoU 0.6 exactly:
    # 100 x 60 of 100 x 100. Up to recall 0.5 precision is 1, then 2/3 at thresholds up to 0.6.
    truth = {"a": faces((0, 0, 100, 100), (200, 0, 300, 100))}
    rows = [[0, 0, 100, 100, 0.9], [500, 0, 600, 100, 0.8], [200, 0, 300, 60, 0.7]]
    result = evaluate_coco({"a": np.array(rows)}, truth)["all"]
    # 51 of the 101 recalls are at most 0.5.
    assert result.at(0.5) == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert result.at(0.6) == pytest.approx(result.at(0.5))
    assert result.at(0.75) == pytest.approx(51 / 101)
    # Three of ten thresholds find both, seven one.
    assert result.average_recall == pytest.approx((3 * 1 + 7 * 0.5) / 10)


def test_a_picture_without_faces_costs_precision():
    truth = {"a": faces((0, 0, 50, 50)), "b": faces()}
    boxes = {
        "a": np.array([[0, 0, 50, 50, 0.5]]),
        "b": np.array([[0, 0, 50, 50, 0.9]]),
    }
    assert evaluate_coco(boxes, truth)["all"].at(0.5) == pytest.approx(0.5)


def test_boxes_on_what_is_ignored_do_not_count():
    truth = {"a": faces((0, 0, 50, 50), (100, 0, 200, 100), ignored=(False, True))}
    rows = [[110, 0, 150, 40, 0.9], [120, 0, 160, 40, 0.8], [0, 0, 50, 50, 0.7]]
    result = evaluate_coco({"a": np.array(rows)}, truth)["all"]
    assert (result.faces, result.average_precision) == (1, 1.0)


def test_a_face_that_counts_is_taken_before_one_that_does_not():
    overlap = np.array([[0.6, 0.9]])
    taken, passed = match(overlap, np.array([False, True]), np.zeros(2, bool), 0.5)
    assert (taken.tolist(), passed.tolist()) == ([True], [False])
    taken, passed = match(overlap, np.array([False, True]), np.zeros(2, bool), 0.7)
    assert (taken.tolist(), passed.tolist()) == ([True], [True])


def test_the_part_inside_a_crowd_is_what_counts():
    box, area = np.array([[0, 0, 10, 10]]), np.array([[0, 0, 100, 100]])
    assert overlaps(box, area, np.array([True])).item() == 1
    assert overlaps(box, area, np.array([False])).item() == pytest.approx(0.01)


def test_nothing_at_all():
    result = evaluate_coco({}, {"a": faces()})
    assert np.isnan(result["all"].average_precision)
    missed = evaluate_coco({}, {"a": faces((0, 0, 9, 9))})
    assert (missed["all"].average_precision, missed["all"].average_recall) == (0, 0)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        evaluate_coco({"a": np.array([[0, 0, 1, 1, np.nan]])}, {"a": faces()})
    with pytest.raises(ValueError, match="got 'b'"):
        evaluate_coco({"b": np.zeros((0, 5))}, {"a": faces()})


def test_table_and_plot(tmp_path):
    result = evaluate_coco({"a": np.array([[0, 0, 40, 40, 0.9]])}, {"a": faces((0, 0, 40, 40))})
    assert format_table(result).splitlines()[:3] == [
        "faces of size  faces     AP   AP50   AP75     AR",
        "all                1  100.0  100.0  100.0  100.0",
        "small              0      -      -      -      -",
    ]
    plot_curves(result, tmp_path / "curves.png", "title")
    assert cv2.imread(str(tmp_path / "curves.png")) is not None


def of_pycocotools(predictions, truth) -> dict[str, tuple[float, float]]:
    """AP and AR of the reference by the name of the size."""
    coco = pytest.importorskip("pycocotools.coco", reason="needs pycocotools (extra dev)")
    cocoeval = pytest.importorskip("pycocotools.cocoeval")
    names = list(truth)
    annotations: list[dict] = []
    results: list[dict] = []
    for image, name in enumerate(names, start=1):
        for box, ignored in zip(truth[name].boxes, truth[name].ignored, strict=True):
            x, y, right, low = box.tolist()
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": 1,
                    "bbox": [x, y, right - x, low - y],
                    "area": (right - x) * (low - y),
                    "iscrowd": int(ignored),
                }
            )
        for x, y, right, low, score in predictions.get(name, np.zeros((0, 5))).tolist():
            box = [x, y, right - x, low - y]
            results.append({"image_id": image, "category_id": 1, "bbox": box, "score": score})
    with contextlib.redirect_stdout(io.StringIO()):
        reference = coco.COCO()
        reference.dataset = {
            "info": {},
            "images": [{"id": image} for image in range(1, len(names) + 1)],
            "annotations": annotations,
            "categories": [{"id": 1, "name": "face"}],
        }
        reference.createIndex()
        evaluation = cocoeval.COCOeval(reference, reference.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.stats[[0, 3, 4, 5]]
    recall = evaluation.stats[[8, 9, 10, 11]]
    return dict(zip(AREAS, zip(precision, recall, strict=True), strict=True))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_equal_to_pycocotools(seed):
    rng = np.random.default_rng(seed)
    truth, predictions = {}, {}
    for name in ("a", "b", "c"):
        corners = rng.integers(0, 100, (rng.integers(0, 5), 2))
        boxes = np.concatenate([corners, corners + rng.integers(8, 130, corners.shape)], axis=1)
        truth[name] = BoxFaces(boxes.astype(float), rng.random(len(boxes)) < 0.2)
        moved = np.repeat(boxes, 2, axis=0) + rng.integers(-6, 7, (2 * len(boxes), 4))
        stray = rng.integers(0, 60, (2, 2))
        stray = np.concatenate([stray, stray + rng.integers(5, 120, (2, 2))], axis=1)
        rows = np.concatenate([moved, stray])
        rows = rows[(rows[:, 2:] > rows[:, :2]).all(axis=1)]
        # Scores to one digit, so that many are equal.
        scores = rng.integers(1, 10, (len(rows), 1)) / 10
        predictions[name] = np.concatenate([rows, scores], axis=1)
    expected = of_pycocotools(predictions, truth)
    for name, result in evaluate_coco(predictions, truth).items():
        mine = (result.average_precision, result.average_recall)
        # The reference has -1 where nothing is to be found.
        reference = [np.nan if number < 0 else number for number in expected[name]]
        np.testing.assert_allclose(mine, reference, atol=1e-9, err_msg=name)


def test_results_are_numbers_for_json():
    result = CocoResult(np.ones((10, 101)), np.ones(10), 3)
    assert result.to_json()["average_precision_at_75"] == 1
