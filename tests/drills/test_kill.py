"""drills.kill: what it counts; `make drill` runs it."""

import subprocess
import sys
from pathlib import Path

from drills.kill import Drill, alive, files, left_behind, run_drill

# Writes a file in three steps, each half a second long, and goes on where it was.
WRITER = """
import sys, time
from pathlib import Path
from tfface.files import atomic_path
for number in range(3):
    path = Path(sys.argv[1]) / f"{number}.txt"
    if not path.exists():
        with atomic_path(path) as temporary:
            temporary.write_text("half"); time.sleep(0.5); temporary.write_text("whole")
"""


def test_a_command_that_goes_on_passes(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "writer.py").write_text(WRITER)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path.cwd()}")
    drill = Drill(lambda output: ["writer", str(output)], files)

    result = run_drill(drill, tmp_path / "drill", kills=2, seed=3)

    assert (result["equal"], result["left"], result["alive"]) == (True, [], 0)


def test_what_is_hidden_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "a" / ".b.json.x").mkdir(parents=True)
    (tmp_path / "a" / "c.json").touch()
    assert left_behind(tmp_path) == [str(tmp_path / "a" / ".b.json.x")]


def test_processes_of_a_group_are_found() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    process = subprocess.Popen(command, start_new_session=True)
    try:
        assert alive(process.pid) == [process.pid]
    finally:
        process.kill()
        process.wait()
    assert alive(process.pid) == []
