"""tfface.results: a report is whole JSON whenever it is closed."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tfface.results import JsonReport

FOUND = {"file": "a.jpg", "faces": [{"box": [1, 2, 3, 4], "score": 0.5}]}
NOTHING_FOUND: dict[str, Any] = {"file": "b.jpg", "faces": []}
FAILED = {"file": "c.jpg", "error": 'c.jpg: "cut" short'}


@pytest.mark.parametrize(
    "results",
    [
        [],
        [FOUND],
        [FAILED],
        [FAILED, FOUND, FAILED, NOTHING_FOUND],
        [FOUND, FAILED, NOTHING_FOUND],
    ],
)
def test_results_are_sorted_by_success(results: list[dict[str, Any]]) -> None:
    file = io.StringIO()
    report = JsonReport(file, {"model": "fbi-1", "long_side": None})
    for result in results:
        report.write(result)
    report.close(skipped={".txt": 2}, not_tried=["d.jpg"])

    assert json.loads(file.getvalue()) == {
        "model": "fbi-1",
        "long_side": None,
        "pictures": [result for result in results if "faces" in result],
        "failed": [result for result in results if "error" in result],
        "skipped": {".txt": 2},
        "not_tried": ["d.jpg"],
    }
    assert report.tried == len(results)


def test_every_result_is_written_at_once_on_a_line_of_its_own() -> None:
    file = io.StringIO()
    report = JsonReport(file, {})
    report.write(FOUND)
    report.write(NOTHING_FOUND)

    lines = file.getvalue().splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[-2:]] == [FOUND, NOTHING_FOUND]


class Interrupted(dict):
    """A result whose turning into text is interrupted."""

    def items(self):
        raise KeyboardInterrupt


@pytest.mark.parametrize("film", [{}, {"frames": iter([])}])
def test_an_interrupt_leaves_no_half_of_a_result(film: dict[str, Any]) -> None:
    file = io.StringIO()
    report = JsonReport(file, {})
    report.write(FOUND)

    with pytest.raises(KeyboardInterrupt):
        report.write({"file": "e.mp4", "notes": Interrupted(a=1), **film})
    report.close(skipped={}, not_tried=["e.mp4"])

    assert json.loads(file.getvalue())["pictures"] == [FOUND]


def interrupted_after(frame: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield frame
    raise KeyboardInterrupt


def test_a_film_that_is_interrupted_was_tried() -> None:
    file = io.StringIO()
    report = JsonReport(file, {})

    with pytest.raises(KeyboardInterrupt):
        report.write(FILM | {"frames": interrupted_after(FRAMES[0])})
    report.close(skipped={}, not_tried=["e.png"])

    assert report.tried == 1
    (film,) = json.loads(file.getvalue())["pictures"]
    assert (film["frames"], film["incomplete"]) == ([FRAMES[0]], True)


FILM = {"file": "d.mp4", "width": 8, "height": 4}
FRAMES: list[dict[str, Any]] = [{"frame": 0, "faces": []}, {"frame": 1, "faces": FOUND["faces"]}]


class Lines:
    """An export that keeps what it is given."""

    def __init__(self) -> None:
        self.results: list[Any] = []

    def write(self, result: Any) -> None:
        self.results.append(result)

    def close(self) -> None:
        """There is nothing to complete."""


def test_frames_of_a_video_are_written_as_they_come() -> None:
    file, lines = io.StringIO(), Lines()
    report = JsonReport(file, {}, [lines])
    report.write(FOUND)

    def frames() -> Iterator[dict[str, Any]]:
        for number, frame in enumerate(FRAMES):
            assert file.getvalue().count('"frame":') == number
            assert len(lines.results) == 1 + number
            yield frame

    report.write(FILM | {"frames": frames()})
    report.close({}, [])

    assert json.loads(file.getvalue())["pictures"] == [FOUND, FILM | {"frames": FRAMES}]
    assert lines.results == [FOUND, *(FILM | frame for frame in FRAMES)]
    assert report.tried == 2


def test_a_video_that_fails_has_the_frames_until_then() -> None:
    file = io.StringIO()
    report = JsonReport(file, {})

    def frames() -> Iterator[dict[str, Any]]:
        yield FRAMES[0]
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        report.write(FILM | {"frames": frames()})
    report.write(FAILED)
    report.close({}, [])

    content = json.loads(file.getvalue())
    assert content["pictures"] == [FILM | {"frames": FRAMES[:1], "incomplete": True}]
    assert content["failed"] == [FAILED]
    assert report.tried == 1
