"""Detectors by name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import pytest

from tfface.detectors.registry import DETECTORS, detector_class, detector_name, import_all


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_every_name_is_that_of_a_class_in_its_module(name: str) -> None:
    kind = detector_class(name)

    assert (kind.__name__, kind.__module__) == (name, DETECTORS[name])


@pytest.mark.parametrize("name", ["YOLO", "faceboxes", "", "math:Toy"])
def test_another_name_is_an_error_that_lists_them(name: str) -> None:
    with pytest.raises(ValueError) as caught:
        detector_class(name)

    assert repr(name) in str(caught.value)
    assert all(known in str(caught.value) for known in (*DETECTORS, "my.module:Name"))


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package `outside_tfface` with a class of a name that tfface has too."""
    (tmp_path / "outside_tfface").mkdir()
    (tmp_path / "outside_tfface" / "toys.py").write_text("class FaceBoxes:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.startswith("outside_tfface")]:
        del sys.modules[name]


def test_a_class_from_outside_and_back_to_its_name(outside) -> None:
    kind = detector_class("outside_tfface.toys:FaceBoxes")

    assert detector_name(kind()) == "outside_tfface.toys:FaceBoxes"
    assert kind is not detector_class("FaceBoxes")


def test_a_module_that_is_not_found_is_named(outside) -> None:
    with pytest.raises(ImportError, match=r"'outside_tfface\.toy:FaceBoxes'.*outside_tfface\.toy"):
        detector_class("outside_tfface.toy:FaceBoxes")


def test_keras_knows_the_names_of_all_in_files() -> None:
    import_all()

    for name in DETECTORS:
        assert keras.saving.get_registered_object(f"tfface>{name}") is detector_class(name)
