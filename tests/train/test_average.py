"""train.average: the mean of detectors that were trained from one another."""

import re

import numpy as np
import pytest

from tfface.detectors.loading import load_detector
from train.average import main


@pytest.fixture(scope="module")
def files(TinyDetector, tmp_path_factory):
    """Two of one architecture, all weights 1 and all weights 4, and one of another."""
    folder = tmp_path_factory.mktemp("detectors")
    for name, width, value in (("ones", 0.5, 1.0), ("fours", 0.5, 4.0), ("wide", 1, 1.0)):
        detector = TinyDetector(width=width)
        detector.set_weights([np.full(w.shape, value) for w in detector.get_weights()])
        detector.save(folder / f"{name}.keras")
    return folder


def test_the_mean_of_all_weights(files, tmp_path):
    models = [str(files / name) for name in ("ones.keras", "fours.keras", "ones.keras")]

    assert main([*models, "--output", str(tmp_path / "mean.keras")]) == 0

    for weight in load_detector(str(tmp_path / "mean.keras")).get_weights():
        np.testing.assert_array_equal(weight, 2.0)  # (1 + 4 + 1) / 3


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["ones.keras"], "expected two detectors or more"),
        (["ones.keras", "wide.keras"], r"one architecture, .*width=0.5\) as in .*, got .*width=1"),
        (["ones.keras", "missing.keras"], "got '.*missing.keras'"),
    ],
)
def test_what_has_no_mean(files, tmp_path, capsys, names, message):
    models = [str(files / name) for name in names]

    assert main([*models, "--output", str(tmp_path / "mean.keras")]) == 1

    assert not (tmp_path / "mean.keras").exists()
    assert re.search(message, capsys.readouterr().err)
