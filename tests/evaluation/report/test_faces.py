"""tfface.evaluation.report.faces: faces as the protocol of their data set has them."""

from pathlib import Path

import numpy as np

from tfface.evaluation.coco import BoxFaces
from tfface.evaluation.pictures import PictureSet
from tfface.evaluation.report.faces import box_faces
from tfface.evaluation.report.judgement import judge


def test_a_face_in_a_crowd_is_found_as_coco_finds_it():
    # The box overlaps the face by 0.9 and lies in the crowd whole; another box is on the crowd.
    truth = {"a": BoxFaces(np.array([[0, 0, 100, 100], [0, 0, 10, 10]]), np.array([True, False]))}
    described = box_faces(Path(), PictureSet(Path(), truth, 1))
    rows = np.array([[0, 0, 10, 9, 0.9], [50, 50, 60, 60, 0.8], [200, 0, 210, 10, 0.7]])
    judgement = judge({"a": rows}, described)

    assert judgement.right.tolist() == [True, False, False]
    assert judgement.wrong.tolist() == [False, False, True]
    assert judgement.found.tolist() == [-np.inf, 0.9]
