"""benchmarks.column_folding: its table."""

import platform
import subprocess
import sys

import pytest

from benchmarks.column_folding import main


def test_a_row_for_every_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fbi-half", "plain-yunet-s", "--size=64x64", "--rounds=1"]) == 0

    title, _, *table = capsys.readouterr().out.splitlines()
    assert title.startswith("int8, one thread, 1 rounds, ")
    assert table[0] == "| | as shipped | folded |"
    names = [row.split("|")[1].strip() for row in table[2:]]
    assert names == ["fbi-half", "plain-yunet-s"]
    assert all(float(ms) > 0 for row in table[2:] for ms in row.split("|")[2:4])


@pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"), reason="filters system calls"
)
def test_without_tiles() -> None:
    # In a process of its own, which stays without them.
    command = [sys.executable, "-m", "benchmarks.column_folding", "fbi-half", "--without_tiles"]
    process = subprocess.run(
        [*command, "--size=64x64", "--rounds=1"], capture_output=True, text=True, check=True
    )

    assert ", without tiles, " in process.stdout.splitlines()[0]
