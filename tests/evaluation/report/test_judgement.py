"""Which detections are right and which faces are found."""

import numpy as np

from tfface.evaluation.report.faces import CLASSES, HEIGHT, fddb_faces, heights_of
from tfface.evaluation.report.judgement import NEVER, FaceTable, judge


def test_every_detection_is_judged_once(judgement):
    assert judgement.scores.tolist() == [0.9, 0.8, 0.7, 0.5, 0.4, 0.3]
    assert judgement.picture.tolist() == [0, 0, 0, 0, 0, 1]
    assert judgement.face.tolist() == [0, 0, 2, -1, -1, 3]
    assert judgement.right.tolist() == [True, False, False, False, False, True]
    # What is on face 2 is neither.
    assert judgement.wrong.tolist() == [False, True, False, True, True, False]
    np.testing.assert_allclose(judgement.overlap[3], 861 / (2 * 1681 - 861))


def test_the_score_at_which_a_face_is_found(judgement):
    assert judgement.found.tolist() == [0.9, NEVER, NEVER, 0.3]
    assert judgement.near.tolist() == [NEVER, 0.5, NEVER, NEVER]


def test_the_threshold_of_a_number_of_false_positives(judgement):
    # Wrong ones have 0.8, 0.5 and 0.4; the lowest score before the next of them.
    assert [judgement.threshold_at(number) for number in (0, 1, 2, 3)] == [0.9, 0.7, 0.5, 0.3]


def test_equal_scores_come_in_together(faces):
    rows = [[0, 0, 20, 20, 0.5], [200, 200, 220, 220, 0.5], [100, 0, 140, 40, 0.9]]

    judgement = judge({"a.jpg": np.array(rows)}, faces)

    assert judgement.threshold_at(0) == 0.9
    assert judgement.threshold_at(1) == 0.5


def test_without_detections(faces):
    judgement = judge({}, faces)

    assert judgement.threshold_at(5) == np.inf
    assert (judgement.found == NEVER).all()


def test_without_pictures():
    table = FaceTable.of({})

    assert (len(table.boxes), table.names, dict(table.attributes)) == (0, [], {})
    assert judge({}, {}).boxes.shape == (0, 4)


def test_the_table_of_all_faces(faces):
    table = FaceTable.of(faces)

    assert table.names == ["a.jpg", "b.jpg"]
    assert table.picture.tolist() == [0, 0, 0, 1]
    assert table.counted.tolist() == [True, True, False, True]
    assert table.attributes["blur"].tolist() == [0, 0, 2, 2]
    assert [CLASSES[HEIGHT][number] for number in table.attributes[HEIGHT]] == [
        "16 to 32",
        "32 to 64",
        "16 to 32",
        "64 to 128",
    ]


def test_a_height_at_an_edge_belongs_to_the_class_above():
    heights = [15.9, 16, 300]

    assert heights_of(np.array([[0, 0, 1, height] for height in heights])).tolist() == [0, 1, 5]


def test_ellipses_lie_in_their_boxes(tmp_path):
    from tfface.evaluation.fddb import FddbFaces
    from tfface.evaluation.pictures import PictureSet

    # Upright and lying; one of 45 degrees has half sides of sqrt((30^2 + 10^2) / 2).
    ellipses = np.array(
        [[30, 10, np.pi / 2, 50, 60], [30, 10, 0, 50, 60], [30, 10, np.pi / 4, 50, 60]]
    )
    pictures = PictureSet(tmp_path, {"a": FddbFaces(ellipses, (200, 200))}, 1)

    boxes = fddb_faces(tmp_path, pictures)["a"].boxes

    half = np.sqrt(500)
    expected = [
        [40, 30, 60, 90],
        [20, 50, 80, 70],
        [50 - half, 60 - half, 50 + half, 60 + half],
    ]
    np.testing.assert_allclose(boxes, expected, rtol=1e-5)
