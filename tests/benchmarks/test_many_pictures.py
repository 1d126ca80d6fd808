"""Many pictures: what is made, watched and counted; one small run of all of it."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.many_pictures import DAMAGES, Watched, main, make_pictures, unaccounted, watch
from tfface.image import ImageReadError, read_image


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "sources" / "a.png"), noise)
    return tmp_path / "sources"


def test_pictures_of_mixed_size_and_damaged_ones(tmp_path: Path, sources: Path) -> None:
    whole, damaged = make_pictures([sources / "a.png"], tmp_path / "made", 20, len(DAMAGES))

    assert (len(whole), len(damaged)) == (16, 4)
    sides = {max(read_image(path).shape[:2]) for path in whole}
    assert len(sides) > 8 and min(sides) >= 64 and max(sides) <= 800
    for path in damaged:
        with pytest.raises(ImageReadError):
            read_image(path)


def test_what_is_not_accounted_for(tmp_path: Path) -> None:
    lines = [{"file": "a"}, {"file": "a"}, {"file": "b", "error": "b: no"}, {"file": "c"}]
    (tmp_path / "r").write_text("".join(json.dumps(line) + "\n" for line in lines))

    # Twice; an error of a whole one; a result of a damaged one; and one that is nowhere.
    assert unaccounted(tmp_path / "r", {"a", "b", "d"}, {"c"}) == ["a", "b", "c", "d"]
    assert unaccounted(tmp_path / "r", {"c"}, {"b"}) == ["a"]


def test_memory_until_a_share_of_the_results() -> None:
    watched = Watched(4.0, [(0, 0, 0.0), (1, 10, 50.0), (2, 20, 40.0), (3, 40, 60.0), (4, 40, 0.0)])
    assert [watched.megabytes_at(share) for share in (0.25, 0.5, 1.0)] == [50, 50, 60]


def test_a_process_that_grows_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.many_pictures.SECONDS", 0.02)
    program = (
        "import sys, time; file = open(sys.argv[1], 'w', 1); print(1, file=file); time.sleep(0.3); "
        "print(2, file=file); big = bytearray(b'x' * 50_000_000); time.sleep(0.3)"
    )
    watched = watch([sys.executable, "-c", program, str(tmp_path / "r")], tmp_path / "r")

    assert watched.samples[-1][1] == 2
    assert watched.megabytes_at(1.0) > watched.megabytes_at(0.5) + 40


def test_a_small_run(tmp_path: Path, sources: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [f"--sources={sources}", "--pictures=6", "--damaged=2", "--batch_size=2"]
    assert main([*arguments, f"--folder={tmp_path}", f"--csv={tmp_path / 'a.csv'}"]) == 0

    printed = capsys.readouterr().out
    assert "4 found in, 2 named as damaged, 0 unaccounted for" in printed
    assert "a loop over detect:" in printed
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "seconds,pictures,resident MB"
