"""benchmarks.film: the film, and what is counted of its faces."""

import json
from pathlib import Path

from benchmarks.film import SIZE, found, frames


def test_both_faces_are_in_every_frame() -> None:
    for frame, centres in frames(12):
        assert frame.shape == (SIZE[1], SIZE[0], 3)
        assert len(centres) == 2
        assert all(0 < x < SIZE[0] and 0 < y < SIZE[1] for x, y in centres)


def test_boxes_around_a_centre_are_hits_and_all_others_are_counted(tmp_path: Path) -> None:
    boxes = [[[0, 0, 10, 10], [50, 50, 60, 60]], []]
    lines = [json.dumps({"faces": [{"box": box} for box in of_frame]}) for of_frame in boxes]
    (tmp_path / "faces.jsonl").write_text("\n".join(lines) + "\n")

    # In the first frame one of two faces has a box and one box has no face; the second has none.
    assert found(tmp_path / "faces.jsonl", [[(5, 5), (30, 30)], [(5, 5), (30, 30)]]) == (1, 1)
