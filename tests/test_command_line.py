"""tfface.command_line: what the command lines have in common."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfface.command_line import CommandParser, normalised, run_command, stream_beside

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("--long-side", "--long_side"),
        ("--long_side", "--long_side"),
        ("--long-side=my-value", "--long_side=my-value"),
        ("--three-word-option", "--three_word_option"),
        ("-o", "-o"),
        ("-", "-"),
        ("my-file.jpg", "my-file.jpg"),
        ("2026-01-01--party.jpg", "2026-01-01--party.jpg"),
    ],
)
def test_options_are_written_with_underscores(given: str, expected: str) -> None:
    assert normalised([given]) == [expected]


def test_after_a_lone_dash_dash_nothing_is_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["--long-side", "9", "--", "--my-file.jpg"]
    monkeypatch.setattr(sys, "argv", ["program", *arguments])

    assert normalised() == ["--long_side", "9", "--", "--my-file.jpg"]


def test_people_read_where_the_results_are_not_written() -> None:
    assert stream_beside(Path("-")) is sys.stderr
    assert stream_beside(Path("a.json")) is sys.stdout
    assert stream_beside(None) is sys.stdout


def parser() -> CommandParser:
    made = CommandParser(prog="tool")
    made.add_argument("files", nargs="*")
    made.add_argument("--long_side", type=int)
    made.add_argument("--name")
    return made


def test_options_stand_in_flag_files_too(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.flags", tmp_path / "outer.flags"
    inner.write_text("# of the camera\n\n  --long-side=640\n")
    outer.write_text(f"--name=two words\n--flagfile={inner}\n")

    options = parser().parse_args(["a.jpg", "--flagfile", str(outer)])

    assert (options.files, options.long_side, options.name) == (["a.jpg"], 640, "two words")


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_flag_files_are_in_utf_8_whatever_the_locale_says(tmp_path: Path, start: str) -> None:
    file = tmp_path / "a.flags"
    file.write_text(f"{start}--name=fête\n", encoding="utf-8")
    code = (
        "from tests.test_command_line import parser\n"
        f"options = parser().parse_args(['--flagfile', {str(file)!r}])\n"
        "print(ascii((options.name, options.files)))"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | ascii_only,
        capture_output=True,
        text=True,
    )

    assert process.stdout.strip() == ascii(("fête", [])), process.stderr


def test_what_comes_later_counts(tmp_path: Path) -> None:
    file = tmp_path / "side.flags"
    file.write_text("--long_side=640\n")

    assert parser().parse_args([f"--flagfile={file}", "--long_side=320"]).long_side == 320
    assert parser().parse_args(["--long_side=320", f"--flagfile={file}"]).long_side == 640


def test_after_a_lone_dash_dash_there_are_no_flag_files() -> None:
    assert parser().parse_args(["--", "--flagfile=no"]).files == ["--flagfile=no"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "expected a file of options for --flagfile, got self.flags: No such file"),
        (b"--flagfile=self.flags", "within itself"),
        (b"--flagfile", "no file"),
        (b"--name=f\xeate", "self.flags: expected options in UTF-8"),
    ],
)
def test_a_flag_file_that_makes_no_sense_ends_the_command(
    content: bytes | None,
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if content:
        Path("self.flags").write_bytes(content)

    with pytest.raises(SystemExit) as stop:
        parser().parse_args(["--flagfile=self.flags"])

    assert stop.value.code == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (ValueError("expected a, got b"), 1, "error: expected a, got b\n"),
        (OSError("the disk is full"), 1, "error: the disk is full\n"),
        (ImportError("install c"), 1, "error: install c\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (BrokenPipeError(), 1, ""),
    ],
)
def test_what_a_user_did_ends_a_command_with_one_line(
    error: BaseException, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(options) -> None:
        raise error

    assert run_command(parser(), run, []) == status
    assert capsys.readouterr().err == message


def test_a_command_ends_with_the_status_of_its_work() -> None:
    assert run_command(parser(), lambda options: None, []) == 0
    assert run_command(parser(), lambda options: 1, []) == 1


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(parser(), lambda options: 1 // 0, [])
