"""train.demo: the pictures it composes."""

from pathlib import Path

import numpy as np
import pytest

import tfface
from tfface.data.wider import read_wider
from tfface.detections import Detections
from train import demo


class StubDetector:
    """Finds one face in the middle of every picture, or nothing."""

    faces = 1

    @classmethod
    def from_preset(cls, name: str) -> "StubDetector":
        assert name == demo.PRESET
        return cls()

    def detect(self, image: np.ndarray) -> Detections:
        height, width = image.shape[:2]
        box = [width // 3, height // 3, width // 2, height // 2]
        boxes = np.array([box] * self.faces, np.float32).reshape(-1, 4)
        return Detections(boxes, np.ones(self.faces, np.float32))


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The portraits on disk, and a detector for them; a few composed pictures suffice."""
    monkeypatch.setattr(tfface, "FaceDetector", StubDetector, raising=False)
    monkeypatch.setattr(demo, "COMPOSED_PICTURES", 8)
    return demo.save_pictures(tmp_path / "pictures")


def test_the_portraits_are_an_astronaut_and_grace_hopper(pictures: list[Path]) -> None:
    assert [path.name for path in pictures] == ["astronaut.png", "grace_hopper.png"]
    assert [tfface.read_image(path).shape for path in pictures] == [(512, 512, 3), (600, 512, 3)]


def test_composed_pictures_have_two_faces_each(pictures: list[Path], tmp_path: Path) -> None:
    listing = demo.compose(pictures, tmp_path / "composed")
    samples, _ = read_wider(listing, listing.parent)
    assert len(samples) == 8
    for sample in samples:
        height, width = tfface.read_image(sample.path).shape[:2]
        assert sample.boxes.shape == (2, 4)
        assert sample.boxes.min() >= 0
        assert np.all(sample.boxes.max(axis=0) <= [width, height, width, height])


def test_a_portrait_without_a_face_ends_the_demo(
    pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StubDetector, "faces", 0)
    with pytest.raises(SystemExit, match="expected a face in .*astronaut.png"):
        demo.compose(pictures, tmp_path / "composed")


def test_a_command_that_fails_ends_the_demo() -> None:
    with pytest.raises(SystemExit, match="`python -m tfface.missing` failed"):
        demo.run("tfface.missing")


def test_a_command_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    demo.run("json.tool", "--help")
    assert "$ python -m json.tool --help" in capfd.readouterr().out
