"""benchmarks.runtimes: other interpreters, in processes that they may end."""

import numpy as np
import pytest

from benchmarks.runtimes import Interpreter, faces_of
from tfface.predict.selection import Selection

MODULE = """
import os

class Interpreter:
    '''Adds the number in its file to the pictures; a word ends the process, or is an error.'''

    def __init__(self, model_path):
        self.text = open(model_path).read()

    def get_signature_list(self):
        return {"serving_default": {}}

    def get_signature_runner(self, name):
        return self.run

    def run(self, images):
        if self.text == "abort":
            os.abort()
        return {"sums": images + int(self.text)}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """What comes of files with the given texts and a picture of 5."""
    (tmp_path / "a_runtime.py").write_text(MODULE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def run(*texts):
        jobs = []
        for text in texts:
            (tmp_path / text).write_text(text)
            jobs.append((tmp_path / text, np.full((1, 2, 2, 3), 5, np.uint8)))
        return Interpreter("a_runtime").run(jobs)

    return run


def test_those_after_a_crash_or_an_error_run_all_the_same(run):
    first, crash, second, error, third, last = run("1", "abort", "2", "none", "3", "abort")

    assert [int(outputs["sums"].max()) for outputs in (first, second, third)] == [6, 7, 8]
    assert crash == last == "SIGABRT"
    assert error == "ValueError: invalid literal for int() with base 10: 'none'"


def test_faces_of_every_picture_of_a_batch():
    boxes, scores = np.zeros((2, 3, 4), np.float32), np.full((2, 3), 0.5, np.float32)

    faces = faces_of(
        {"boxes": boxes, "scores": scores, "count": np.array([0, 2])}, (10, 10), Selection()
    )

    assert [len(boxes) for boxes, _ in faces] == [len(scores) for _, scores in faces] == [0, 2]


def test_of_candidates_the_best_are_faces():
    boxes = np.array([[[0, 0, 4, 4], [0, 0, 4, 5], [6, 6, 12, 8]]], np.float32)

    ((kept, scores),) = faces_of(
        {"boxes": boxes, "scores": np.array([[0.5, 0.9, 0.1]])}, (10, 10), Selection()
    )

    # The first overlaps the second by 16 / 20; the third is cut to the picture.
    assert kept.tolist() == [[0, 0, 4, 5], [6, 6, 10, 8]]
    assert scores.tolist() == [0.9, 0.1]
