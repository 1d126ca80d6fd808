"""The command `tfface`, which is `python -m tfface`."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import tfface
from tfface.__main__ import COMMANDS, main

ROOT = Path(__file__).parent.parent


def test_the_version() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "tfface", "--version"], cwd=ROOT, capture_output=True, text=True
    )

    assert (process.returncode, process.stdout) == (0, f"tfface {tfface.__version__}\n")


def test_a_command_gets_the_arguments_after_its_name(
    tmp_path: Path, tflite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), np.zeros((40, 60, 3), np.uint8))

    assert main(["detect", str(picture), "--model", str(tflite_file), "--long-side", "64"]) == 0

    report = json.loads(capsys.readouterr().out)
    assert (report["model"], report["long_side"]) == (str(tflite_file), 64)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main([command, "--help"])

    assert leaving.value.code == 0
    assert f"tfface.{command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["detekt"]])
def test_other_words_are_answered_with_the_commands(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(arguments)

    assert leaving.value.code == 2
    assert "{detect,evaluate,presets}" in capsys.readouterr().err


def test_a_missing_extra_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "tfface.evaluate", raising=False)
    monkeypatch.delitem(sys.modules, "tfface.evaluation.runner", raising=False)
    monkeypatch.setitem(sys.modules, "tqdm", None)

    with pytest.raises(SystemExit) as leaving:
        main(["evaluate", "--model", "fbi-1"])

    assert leaving.value.code == 2
    assert "run: pip install 'tfface[evaluate]'" in capsys.readouterr().err
