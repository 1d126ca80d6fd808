"""The package itself: names load when they are used."""

import re
from pathlib import Path

import pytest

import tfface


def test_names_and_where_they_are_from() -> None:
    assert tfface.FaceDetector.__module__ == "tfface.predict.face_detector"
    assert tfface.Detections.__module__ == "tfface.detections"
    assert tfface.read_image.__module__ == "tfface.image"
    assert tfface.draw_detections.__module__ == "tfface.drawing"
    assert tfface.FaceBoxes.__module__ == "tfface.detectors.faceboxes"
    assert {"FaceBoxes", "FaceBoxesImproved", "FaceDetector", "presets"} <= set(dir(tfface))


def test_other_names_are_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'FaceDetectr'"):
        tfface.FaceDetectr  # noqa: B018


def test_the_version_is_that_of_the_distribution() -> None:
    setup = (Path(__file__).parent.parent / "setup.py").read_text(encoding="utf-8")

    assert re.search(r'version="(.+?)"', setup).group(1) == tfface.__version__  # type: ignore[union-attr]
