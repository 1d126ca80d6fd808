"""Presets: named detectors in the package."""

import dataclasses
import hashlib
import re
from pathlib import Path

import pytest

from tfface.packaged import WEIGHTS, PackagedFile, packaged_files
from tfface.presets import PRESETS, find_preset, main


def packaged(content: bytes) -> PackagedFile:
    return PackagedFile("mine.tflite", hashlib.sha256(content).hexdigest())


NAMES = ["fbi-1", "fbi-half", "plain-yunet", "plain-yunet-s", "yunet-n", "yunet-s", "fb-1"]


def test_the_names() -> None:
    assert list(PRESETS) == NAMES
    assert all(preset.name == name for name, preset in PRESETS.items())
    assert find_preset("fbi-half") is PRESETS["fbi-half"]


def test_the_names_come_from_the_package_whatever_was_imported_before() -> None:
    import tfface
    import tfface.presets as module

    assert tfface.presets() == NAMES
    assert module() == tfface.presets() == list(PRESETS)  # type: ignore[operator]


def test_the_list_needs_no_source_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "fbi-1         1.57 (float32), 0.47 (dynamic), 0.49 (int8) MB, 271.9 M "
    )
    assert lines[1].startswith("fbi-half      0.45 (float32), ")
    start = next(number for number, line in enumerate(lines) if line.endswith("long side 640:"))
    assert "394 pictures of WIDER FACE validation, official protocol" in lines[start]
    assert lines[start + 1].split() == NAMES
    assert lines[start + 2].split("  ")[0] == "average precision, easy"
    assert lines[start + 2].split()[3:7] == ["84.8", "percent", "79.7", "percent"]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=re.escape("yunet-s, fb-1), got 'fbi-3'")):
        find_preset("fbi-3")


def test_the_content_is_that_of_the_checksum(tmp_path: Path) -> None:
    (tmp_path / "mine.tflite").write_bytes(b"weights")

    assert packaged(b"weights").read(tmp_path) == b"weights"


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.tflite").write_bytes(b"weighty")

    with pytest.raises(ValueError, match="mine.tflite: expected the SHA-256 checksum"):
        packaged(b"weights").read(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="mine.tflite, got no such file.*install tfface"):
        packaged(b"weights").read(tmp_path)


def test_files_are_those_of_the_list_of_checksums(tmp_path: Path) -> None:
    assert packaged_files("mine", tmp_path) == {}  # no list
    lines = ["aa  mine.tflite", "bb  mine-int8.tflite", "cc  yours.tflite", ""]
    (tmp_path / "SHA256SUMS").write_text("\n".join(lines))

    assert packaged_files("mine", tmp_path) == {
        "float32": PackagedFile("mine.tflite", "aa"),
        "int8": PackagedFile("mine-int8.tflite", "bb"),
    }


def test_a_precision_that_a_preset_lacks() -> None:
    preset = dataclasses.replace(PRESETS["fbi-1"], files={"int8": packaged(b"")})

    with pytest.raises(ValueError, match=re.escape("(int8), got 'float32'")):
        preset.file()
    with pytest.raises(FileNotFoundError, match="got no list of them"):
        dataclasses.replace(preset, files={}).file("int8")


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_shipped_is_whole_and_described(name: str) -> None:
    preset = PRESETS[name]
    assert list(preset.files) == ["float32", "dynamic", "int8"]
    sizes = [len(preset.read(precision)) for precision in preset.files]
    assert max(sizes[1:]) < 0.7 * sizes[0]
    assert name in (WEIGHTS / preset.card).read_text()
    assert preset.description and preset.licence and preset.data_terms and preset.provenance
    assert preset.parameters > 0 and preset.multiply_adds > 0
    assert preset.measured
    assert all(measurement.protocol for measurement in preset.measured)
