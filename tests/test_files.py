"""tfface.files: a file is complete under its final name, or not there."""

import errno
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tfface.files import (
    OutputError,
    atomic_path,
    check_file,
    check_folder,
    open_output,
    write_json,
)

ROOT = Path(__file__).parent.parent


def write_text(path: str | os.PathLike[str]) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("new\n")


def write_bit_by_bit(path: str | os.PathLike[str]) -> None:
    with open_output(path) as file:
        file.write("ne")
        file.write("w\n")


@pytest.fixture(params=[write_text, write_bit_by_bit])
def write(request: pytest.FixtureRequest) -> Callable[[str | os.PathLike[str]], None]:
    """Both ways to write "new" into a file."""
    return request.param


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    final = tmp_path / "new" / "table.csv"
    with atomic_path(final) as temporary:
        temporary.write_text("complete")
        assert not final.exists()
    assert final.read_text() == "complete"


def test_the_temporary_file_has_the_suffix_and_the_file_system_of_the_final_one(
    tmp_path: Path,
) -> None:
    with atomic_path(tmp_path / "plot.png") as temporary:
        assert temporary.suffix == ".png"
        assert tmp_path in temporary.parents
        temporary.touch()


def test_an_error_leaves_the_older_file_and_no_temporary_one(tmp_path: Path) -> None:
    final = tmp_path / "table.csv"
    final.write_text("older")
    with pytest.raises(RuntimeError), atomic_path(final) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert final.read_text() == "older"
    assert list(tmp_path.iterdir()) == [final]


def test_a_disk_without_space_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, most[1]))
    try:
        with (
            pytest.raises(OutputError, match=r"expected space for .*/table.csv, got: File too la"),
            open_output(tmp_path / "table.csv") as file,
        ):
            file.write("row\n" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    assert list(tmp_path.iterdir()) == []


def test_another_disk_without_space_is_not_taken_for_this_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^\[Errno 28\] No space"), atomic_path(tmp_path / "a.csv"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    final = tmp_path / "table.csv"
    with pytest.raises(FileNotFoundError, match=r"table\.csv.*no such file"), atomic_path(final):
        pass
    assert list(tmp_path.iterdir()) == []


def test_of_a_link_the_target_is_replaced(tmp_path: Path, write: Callable[[Path], None]) -> None:
    target, link, onward = tmp_path / "store" / "a.json", tmp_path / "b.json", tmp_path / "c.json"
    target.parent.mkdir()
    target.write_text("older")
    link.symlink_to("store/a.json")
    onward.symlink_to(link)

    write(onward)

    assert onward.is_symlink() and link.is_symlink() and not target.is_symlink()
    assert target.read_text() == "new\n"
    assert list(target.parent.iterdir()) == [target]


def test_a_link_to_nothing_makes_its_target(tmp_path: Path, write: Callable[[Path], None]) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "new" / "target.json")

    write(link)

    assert link.is_symlink()
    assert (tmp_path / "new" / "target.json").read_text() == "new\n"


def test_the_permissions_of_a_file_stay(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "private.json"
    path.touch(mode=0o600)

    write(path)

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_pipe_is_written_into(tmp_path: Path, write: Callable[[Path], None]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()

    write(pipe)
    reader.join(timeout=10)

    assert received == ["new\n"]
    assert pipe.is_fifo()


def test_a_device_stays_a_device(write: Callable[[str], None]) -> None:
    before = os.stat(os.devnull)

    write(os.devnull)

    assert (os.stat(os.devnull).st_rdev, Path(os.devnull).is_char_device()) == (
        before.st_rdev,
        True,
    )


def test_a_dash_is_standard_output(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    write: Callable[[str], None],
) -> None:
    monkeypatch.chdir(tmp_path)
    print("before")

    write("-")

    assert capsys.readouterr().out == "before\nnew\n"
    assert list(tmp_path.iterdir()) == []


NAMES = "b\udce9.jpg,fête.jpg\n"
"""Of files: the first has a byte that is no UTF-8."""


def test_names_of_files_are_written_as_their_bytes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()

    for path in (pipe, tmp_path / "table.csv"):
        with open_output(path) as file:
            file.write(NAMES)
    reader.join(timeout=10)

    assert received == [(tmp_path / "table.csv").read_bytes()] == [os.fsencode(NAMES)]


@pytest.mark.parametrize("encoding", ["ascii", "utf-8:strict"])
def test_names_of_files_go_to_standard_output_in_any_locale(encoding: str) -> None:
    code = (
        "import sys; from tfface.files import open_output\n"
        f"with open_output('-') as file: file.write({NAMES!a})\n"
        "print('after', sys.stdout.encoding)"
    )
    environment = os.environ | {"PYTHONIOENCODING": encoding}

    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True
    )

    after = f"after {encoding.partition(':')[0]}\n".encode()
    assert process.stdout == os.fsencode(NAMES) + after, process.stderr


def run(code: str, shell_suffix: str) -> subprocess.CompletedProcess[str]:
    """Python code in a shell, which says where its standard output goes."""
    command = f"{sys.executable} -c '{code}' {shell_suffix}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_an_open_file_is_written_into_where_it_stands(tmp_path: Path, path: str) -> None:
    code = f'from tfface.files import write_json; write_json("{path}", 1)'
    log = tmp_path / "log"
    log.write_text("first\n")

    assert run(code, f">> {log}").returncode == 0
    assert log.read_text() == "first\n1\n"
    assert run(code, "| cat").stdout == "1\n"


def test_a_reader_that_leaves_is_no_second_error() -> None:
    code = (
        "from tfface.files import write_json\n"
        'try: write_json("-", list(range(100000)))\n'
        "except BrokenPipeError: raise SystemExit(7)"
    )

    process = run(code, "| head -1")

    assert (process.returncode, process.stderr) == (7, "")


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blocked = [
        (tmp_path, "expected a file to write, got the folder"),
        (tmp_path / "file" / "a.json", f"{tmp_path}/file is a file"),
        (tmp_path / "file" / "deeper" / "a.json", f"{tmp_path}/file is a file"),
        (Path("/proc/a.json"), "expected a folder that files can be written to, got /proc"),
    ]
    for path, message in blocked:
        for attempt in (check_file, write_text, write_bit_by_bit):
            with pytest.raises(OutputError, match=message):
                attempt(path)
    with pytest.raises(OutputError, match=f"{tmp_path}/file is a file"):
        check_folder(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_permissions_are_looked_at_before(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    (tmp_path / "done.json").touch(mode=0o400)

    with pytest.raises(OutputError, match="closed: Permission denied"):
        check_file(tmp_path / "closed" / "a.json")
    with pytest.raises(OutputError, match="closed: Permission denied"):
        check_folder(tmp_path / "closed")
    with pytest.raises(OutputError, match="write-protected"):
        check_file(tmp_path / "done.json")


def test_a_check_leaves_nothing_but_the_folder(tmp_path: Path) -> None:
    check_file(tmp_path / "new" / "a.json")
    check_folder(tmp_path / "annotated")
    check_file("-")
    check_file(os.devnull)

    assert sorted(path.name for path in tmp_path.rglob("*")) == ["annotated", "new"]


def test_the_longest_names_can_be_written(tmp_path: Path) -> None:
    # 255 bytes are the most that Linux takes; the temporary name must not be longer.
    path = tmp_path / ("a" * 250 + ".json")

    write_json(path, {"a": 1})

    assert json.loads(path.read_text()) == {"a": 1}
