"""benchmarks.growth: what it says of points, and what it draws."""

from pathlib import Path

from benchmarks.growth import plot, requests, sizes, summary

LINE = [
    {"kind": "faces", "count": 10, "ms": 5.0, "resident MB": 100.0},
    {"kind": "faces", "count": 20, "ms": 10.0, "resident MB": 101.0},
    {"kind": "faces", "count": 40, "ms": 40.0, "resident MB": 104.0},
]


def test_a_summary_says_what_one_more_takes() -> None:
    # (10 - 5) / (20 - 10) and (40 - 10) / (40 - 20)
    assert summary(LINE) == (
        "faces: 5 ms for 10, 40 for 40; one more takes 0.5 ms in the lower half and 1.5 in "
        "the upper; 100 to 104 MB"
    )


def test_points_are_drawn(tmp_path: Path) -> None:
    plot(LINE, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_courses_are_looked_at_as_they_go_on() -> None:
    for course, kind in ((sizes, "sizes"), (requests, "requests")):
        rows = course(20)
        assert [row["count"] for row in rows] == list(range(1, 21))
        assert all(row["kind"] == kind and row["resident MB"] > 0 for row in rows)
