"""convert.main: the command line."""

import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from absl import flags

import convert.main
from convert import writers
from convert.main import calibration_folder, choose_format, chosen_selection, parse_size, run
from convert.parity import TOLERANCES, ParityError, Tolerance
from tfface.files import OutputError
from tfface.predict.description import read_embedded
from tfface.predict.selection import Selection


def command(*arguments):
    process = [sys.executable, "-m", "convert.main", *map(str, arguments)]
    return subprocess.run(process, capture_output=True, text=True)


def given(*arguments):
    """The flags of `convert.main` for these arguments."""
    values = flags.FlagValues()
    convert.main.define_flags(values)
    values(["convert", *map(str, arguments)])
    return values


@pytest.fixture
def pictures(picture, tmp_path):
    """A folder with the noise alone: in the black part many places have the same score."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "noise.png"), picture[:, 64:, ::-1])
    return folder


def test_converts_and_reports_how_far_the_file_is_from_the_detector(
    tiny_detector, pictures, tmp_path, capsys
):
    tiny_detector.save(tmp_path / "tiny.keras")
    output = tmp_path / "out" / "tiny.tflite"

    convert.main.run(
        given(
            f"--model={tmp_path / 'tiny.keras'}",
            f"--output={output}",
            "--size=96x128",
            f"--parity_images={pictures}",
        )
    )

    printed = capsys.readouterr().out
    assert printed.startswith(f"{output}: 1 pictures, ")
    assert "largest differences: score " in printed
    assert output.read_bytes()[4:8] == b"TFL3"
    assert [path.name for path in output.parent.iterdir()] == ["tiny.tflite"]


def test_a_model_that_is_not_there(tmp_path):
    values = given("--model=missing.keras", f"--output={tmp_path / 'x.tflite'}")

    with pytest.raises(ValueError, match=r"expected a preset \(fbi-1"):
        convert.main.run(values)

    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("write", [writers.write_tflite, writers.write_saved_model])
def test_nothing_is_written_unless_the_file_agrees(
    tiny_detector, picture, tmp_path, monkeypatch, write
):
    monkeypatch.setitem(TOLERANCES, "float32", Tolerance(box=-1.0))

    with pytest.raises(ParityError, match="the file was not written"):
        write(
            writers.Conversion(tiny_detector, "small", [picture], size=(128, 160)), tmp_path / "x"
        )

    assert not any(tmp_path.iterdir())


def test_writes_a_saved_model(tiny_detector, picture, tmp_path):
    conversion = writers.Conversion(tiny_detector, "small", [picture])
    parity = writers.write_saved_model(conversion, tmp_path / "small" / "1")

    assert parity.matched > 0 and parity.unmatched == 0
    assert (tmp_path / "small" / "1" / "saved_model.pb").is_file()


@pytest.mark.parametrize(
    ("text", "size"), [("any", None), ("640x480", (480, 640)), ("1x1", (1, 1))]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "480", "480x", "0x640", "-1x640", "480X640", "480x640x3"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match=f"--size such as 640x480 .* or any, got '{text}'"):
        parse_size(text)


def test_the_format_follows_from_the_suffix_unless_it_is_named():
    assert choose_format(Path("fbi.tflite"), None) == "tflite"
    assert choose_format(Path("served/fbi/1"), None) == "saved_model"
    assert choose_format(Path("fbi.v2"), "saved_model") == "saved_model"


def test_what_goes_to_standard_output_is_a_file():
    assert choose_format(Path("-"), None) == "tflite"
    assert choose_format(Path("/dev/null"), None) == "tflite"


def test_what_is_said_does_not_go_where_the_file_goes(tiny_detector, pictures, tmp_path, capfd):
    tiny_detector.save(tmp_path / "tiny.keras")

    convert.main.run(
        given(
            f"--model={tmp_path / 'tiny.keras'}",
            "--output=-",
            "--size=96x128",
            f"--parity_images={pictures}",
        )
    )

    assert "-: 1 pictures, " in capfd.readouterr().err


def test_a_high_threshold_is_warned_of(caplog):
    values = given("--model=a", "--output=b", "--score_threshold=0.5")

    with caplog.at_level("WARNING", logger="absl"):
        assert chosen_selection(Selection(), values).score_threshold == 0.5
    assert "files have no box below --score_threshold=0.5" in caplog.text


def test_a_suffix_of_no_format():
    with pytest.raises(ValueError, match=r"FILE\.tflite or a folder without suffix, got fbi\.onnx"):
        choose_format(Path("fbi.onnx"), None)


def test_importing_defines_no_flags():
    assert "parity_images" not in flags.FLAGS
    assert given("--model=fbi-1", "--output=fbi.tflite").size == "any"


def test_limits_are_those_of_the_detector_where_no_flag_says_another():
    values = given("--model=fbi-1", "--output=fbi.tflite", "--iou_threshold=0.5")

    chosen = chosen_selection(Selection(0.05, 0.4, 5000, 750), values)

    assert chosen == Selection(0.05, 0.5, 5000, 750)


def test_int8_of_a_preset(tmp_path, monkeypatch):
    monkeypatch.delenv("TFFACE_DATA", raising=False)
    output = tmp_path / "int8.tflite"

    process = command("--model=fbi-half", "--precision=int8", f"--output={output}")

    assert process.returncode == 0, process.stderr
    assert "--calibration_images" in process.stderr
    assert f"{output}: " in process.stdout
    description = read_embedded(output.read_bytes())
    assert description is not None and description["precision"] == "int8"


def test_a_saved_model_is_not_quantised(tmp_path):
    process = command("--model=fbi-1", "--precision=int8", f"--output={tmp_path / 'served'}")

    assert process.returncode == 1
    assert "expected --precision=float32 for a SavedModel" in process.stderr
    assert "got int8" in process.stderr


@pytest.mark.parametrize("output", ["dynamic.tflite", "served"])
def test_pictures_to_calibrate_on_are_refused_where_nothing_is_calibrated(tmp_path, output):
    values = given(
        "--model=fbi-1", f"--output={tmp_path / output}", "--calibration_images=pictures"
    )

    with pytest.raises(
        ValueError, match="int8 or int16x8 beside --calibration_images, got float32"
    ):
        run(values)


def test_calibrates_on_what_is_named_then_on_the_training_pictures(tmp_path, monkeypatch):
    monkeypatch.delenv("TFFACE_DATA", raising=False)
    assert calibration_folder("mine", "faces") == "mine"
    assert calibration_folder(None, "faces") == "faces"

    trained_on = tmp_path / "widerface" / "WIDER_train" / "images"
    trained_on.mkdir(parents=True)
    monkeypatch.setenv("TFFACE_DATA", str(tmp_path))
    assert calibration_folder(None, "faces") == str(trained_on)


def test_an_output_that_cannot_be_written_is_found_before_anything_is_loaded(tmp_path):
    (tmp_path / "file").touch()
    for name in ("x.tflite", "saved"):
        values = given("--model=missing.keras", f"--output={tmp_path / 'file' / name}")
        with pytest.raises(OutputError, match=f"{tmp_path}/file is a file"):
            convert.main.run(values)
