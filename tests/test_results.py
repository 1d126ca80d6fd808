"""tfface.results: a report is whole JSON whenever it is closed."""

import io
import json
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
