"""tfface.evaluation.report.charts: what stands in the charts, whatever detectors are called."""

import re

import numpy as np
import pytest

pytest.importorskip("matplotlib")
from tfface.evaluation.coco import BoxFaces, evaluate_coco
from tfface.evaluation.report.breakdown import reliability
from tfface.evaluation.report.charts import colours_of, curves_chart, reliability_chart
from tfface.evaluation.report.judgement import judge

NAMES = (r"a$\q$.tflite", "_new.tflite", "yunet-n")


def texts_of(svg):
    return [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


def test_every_detector_is_in_the_legend_and_what_is_undefined_is_a_dash():
    truth = {"a": BoxFaces(np.array([[0, 0, 40, 40]]), np.array([False]))}
    results = evaluate_coco({"a": np.array([[0, 0, 40, 40, 0.9]])}, truth)
    texts = texts_of(curves_chart(dict.fromkeys(NAMES, results), colours_of(NAMES)))

    for name in NAMES:
        assert texts.count(f"{name} 100.0") == 2  # all and medium
        assert texts.count(f"{name} -") == 2  # small and large


def test_the_scores_of_a_detector_without_detections(faces):
    nothing = dict.fromkeys(NAMES, reliability(judge({}, faces)))
    texts = texts_of(reliability_chart(nothing, colours_of(NAMES)))

    for name in NAMES:
        assert f"{name}, error - %" in texts
