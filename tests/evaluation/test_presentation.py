"""tfface.evaluation.presentation: names of files in tables and plots."""

import cv2
import pytest

from tfface.evaluation.presentation import legend_name, per_cent, plot_lines


def test_a_dollar_in_the_name_of_a_detector_is_no_formula(tmp_path):
    pytest.importorskip("matplotlib")
    plot_lines(tmp_path / "plot.png", r"a$\q$.tflite", [])
    assert cv2.imread(str(tmp_path / "plot.png")) is not None


def test_no_name_is_left_out_of_a_legend():
    assert [legend_name(name) for name in ("_new", "new_")] == [" _new", "new_"]


def test_what_is_undefined_is_a_dash():
    assert [per_cent(part) for part in (0.125, float("nan"))] == ["12.5", "-"]
