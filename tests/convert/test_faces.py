"""convert.faces: decoding and suppression in the exported graph."""

import numpy as np
import pytest
import tensorflow as tf

from convert.faces import select_faces
from tfface.anchors import AnchorLevel
from tfface.detectors.anchor_detector import AnchorDetector
from tfface.predict.selection import Selection

SQUARES = (AnchorLevel(10, (10,)),)
"""One anchor a cell, the cell itself."""


def faces_of(scores, size, offsets=None, levels=SQUARES, picture_size=None, **selection):
    """Faces of an input of `size`, all offsets 0 where none are given."""
    if offsets is None:
        offsets = tf.zeros((len(scores), 4))
    outputs = {
        "scores": tf.constant(scores, tf.float32)[None],
        "offsets": tf.constant(offsets, tf.float32)[None],
    }
    faces = select_faces(
        AnchorDetector(levels), outputs, size, picture_size or size, Selection(**selection)
    )
    return {name: value.numpy() for name, value in faces.items()}


def select(scores, grid, **selection):
    """Faces of a picture of one row or more of `SQUARES`."""
    return faces_of(scores, (grid[0] * 10, grid[1] * 10), **selection)


def test_faces_come_in_falling_order_and_the_rest_is_zero():
    # Logit differences of log 4 and log 9 are scores of 0.8 and 0.9; that of -10 is below 0.02.
    faces = select(np.log([4, np.exp(-10), 9]), (1, 3), max_detections=4)

    assert faces["count"] == 2
    np.testing.assert_allclose(faces["scores"], [0.9, 0.8, 0, 0], atol=1e-6)
    assert faces["boxes"].tolist() == [[20, 0, 30, 10], [0, 0, 10, 10], [0] * 4, [0] * 4]


def test_of_two_that_overlap_the_better_one_stays():
    # Anchors of 10 and 8 pixels around one centre: intersection 64 of a union of 100.
    levels = (AnchorLevel(10, (10, 8)),)
    suppressed, both = (
        faces_of([1.0, 2.0], (10, 10), levels=levels, iou_threshold=threshold)
        for threshold in (0.63, 0.65)
    )

    assert (suppressed["count"], both["count"]) == (1, 2)
    assert suppressed["boxes"][0].tolist() == [1, 1, 9, 9]


def test_offsets_are_decoded_and_boxes_cut_to_the_picture():
    # 0.1 * 5 anchor sizes to the right: 5 to 15, of which 12 are picture.
    faces = faces_of([3.0], (10, 10), [[5.0, 0, 0, 0]], picture_size=(8, 12), max_detections=1)

    np.testing.assert_allclose(faces["boxes"], [[5, 0, 12, 8]])


def test_only_the_best_candidates_are_compared():
    faces = select([1.0, 3.0, 2.0], (1, 3), candidates=2, max_detections=3)

    assert faces["count"] == 2
    assert faces["boxes"][:2, 0].tolist() == [10, 20]


def test_only_so_many_faces_are_returned():
    faces = select([1.0, 3.0, 2.0], (1, 3), max_detections=1)

    assert faces["boxes"].tolist() == [[10, 0, 20, 10]]
    assert faces["count"] == 1


def test_fewer_anchors_than_candidates():
    assert select([1.0], (1, 1), candidates=1000)["count"] == 1


def test_no_face():
    faces = select([-20.0, -30.0], (1, 2))

    assert faces["count"] == 0
    assert not faces["boxes"].any() and not faces["scores"].any()


def test_scores_that_are_both_one_in_float32_keep_their_order():
    assert select([30.0, 40.0], (1, 2))["boxes"][:2, 0].tolist() == [10, 0]


def test_a_score_threshold_of_zero_takes_everything():
    assert select([-70.0, 0.0], (1, 2), score_threshold=0.0)["count"] == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"score_threshold": 1.0}, "score threshold of at least 0 and below 1, got 1.0"),
        ({"score_threshold": -0.1}, "score threshold"),
        ({"iou_threshold": 1.5}, "IoU threshold in 0..1, got 1.5"),
        ({"candidates": 0}, "at least 1 candidate and 1 detection, .*got 0 and 750"),
        ({"max_detections": 0}, "at least 1 candidate and 1 detection, .*got 2000 and 0"),
    ],
)
def test_thresholds_out_of_range(values, message):
    with pytest.raises(ValueError, match=message):
        Selection(**values)
