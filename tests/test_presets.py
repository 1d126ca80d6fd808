"""Presets: named detectors in the package."""

import dataclasses
import hashlib
import re
from pathlib import Path

import pytest

from tfface.presets import PRESETS, Preset, find_preset, main


def preset_with(content: bytes) -> Preset:
    return dataclasses.replace(PRESETS["fbi-1"], sha256=hashlib.sha256(content).hexdigest())


def test_the_names() -> None:
    assert list(PRESETS) == ["fbi-1", "fbi-half"]
    assert all(preset.name == name for name, preset in PRESETS.items())
    assert find_preset("fbi-half") is PRESETS["fbi-half"]


def test_the_names_come_from_the_package_whatever_was_imported_before() -> None:
    import tfface
    import tfface.presets as module

    assert tfface.presets() == ["fbi-1", "fbi-half"]
    assert module() == tfface.presets() == list(PRESETS)  # type: ignore[operator]


def test_the_list_needs_no_source_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("fbi-1     1.6 MB, 271.9 M multiply-adds at 640x480. FaceBoxes")
    assert lines[1].startswith("fbi-half  0.4 MB, ")
    start = next(number for number, line in enumerate(lines) if line.endswith("long side 640:"))
    assert "394 pictures of WIDER FACE validation, official protocol" in lines[start]
    assert lines[start + 1].split() == ["fbi-1", "fbi-half"]
    assert lines[start + 2].split("  ")[0] == "average precision, easy"
    assert lines[start + 2].split()[-4:] == ["85.0", "percent", "79.8", "percent"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=re.escape("(fbi-1, fbi-half), got 'fbi-3'")):
        find_preset("fbi-3")


def test_the_content_is_that_of_the_checksum(tmp_path: Path) -> None:
    (tmp_path / "fbi-1.tflite").write_bytes(b"weights")

    assert preset_with(b"weights").read(tmp_path) == b"weights"


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fbi-1.tflite").write_bytes(b"weighty")

    with pytest.raises(ValueError, match="fbi-1.tflite: expected the SHA-256 checksum"):
        preset_with(b"weights").read(tmp_path)


def test_a_missing_file_names_the_preset(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="preset 'fbi-1' at .*install tfface again"):
        preset_with(b"weights").read(tmp_path)


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_shipped_is_whole_and_described(name: str) -> None:
    preset = PRESETS[name]
    assert preset.read()
    assert preset.description and preset.licence and preset.data_terms and preset.provenance
    assert preset.parameters > 0 and preset.multiply_adds > 0
    assert preset.measured
    assert all(measurement.protocol for measurement in preset.measured)
