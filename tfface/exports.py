"""What a run found in the formats of others, written picture by picture."""

import csv
import json
import tempfile
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

Result = Mapping[str, Any]
"""Of one picture: `file`, `width`, `height`, `faces` as of `Detections.to_json`, or `file` and
`error`. Of a frame of a video: its number as `frame`, too."""


class Export(Protocol):
    """A file that takes results as they come."""

    def write(self, result: Result) -> None:
        """Adds one result."""

    def close(self) -> None:
        """Completes the file."""


class JsonLines:
    """One JSON object a line: results as they are, also those of pictures that failed."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, result: Result) -> None:
        self._file.write(json.dumps(result, allow_nan=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """There is nothing to complete."""


class Csv:
    """A row for every face; for a picture without faces one whose numbers are empty.

    `tfface.data.csv_table` reads it. Pictures that failed have no row.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow(["file_name", "x_min", "y_min", "x_max", "y_max", "score"])

    def write(self, result: Result) -> None:
        if "error" in result:
            return
        name, faces = _name(result), result["faces"]
        for face in faces:
            self._rows.writerow([name, *face["box"], face["score"]])
        if not faces:
            self._rows.writerow([name, *[""] * 5])
        self._file.flush()

    def close(self) -> None:
        """There is nothing to complete."""


class Coco:
    """COCO JSON: images, and annotations of the category `face` with a score.

    `tfface.data.coco` reads it. Pictures that failed are left out.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._images = self._faces = 0
        # Annotations stand behind all images: until then they wait in a file, not in memory.
        self._annotations = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        file.write('{"categories": [{"id": 1, "name": "face"}],\n "images": [')

    def write(self, result: Result) -> None:
        if "error" in result:
            return
        image = {"id": self._images + 1, "file_name": _name(result)}
        image |= {side: result[side] for side in ("width", "height")}
        self._file.write(f"{',' * bool(self._images)}\n  {json.dumps(image)}")
        self._images += 1
        for face in result["faces"]:
            self._annotations.write(f"{',' * bool(self._faces)}\n  {self._annotation(face)}")
            self._faces += 1

    def _annotation(self, face: Mapping[str, Any]) -> str:
        x_min, y_min, x_max, y_max = face["box"]
        width, height = round(x_max - x_min, 3), round(y_max - y_min, 3)
        return json.dumps(
            {
                "id": self._faces + 1,
                "image_id": self._images,
                "category_id": 1,
                "bbox": [x_min, y_min, width, height],
                "area": round(width * height, 3),
                "iscrowd": 0,
                "score": face["score"],
            }
        )

    def close(self) -> None:
        """Writes the annotations."""
        self._file.write('\n ],\n "annotations": [')
        with self._annotations as annotations:
            annotations.seek(0)
            self._file.writelines(annotations)
        self._file.write("\n ]\n}\n")


EXPORTS: dict[str, Callable[[TextIO], Export]] = {"jsonl": JsonLines, "csv": Csv, "coco": Coco}
"""By the option that names their file."""


def yolo_text(result: Result) -> str:
    """The label file of one picture: `0 x_centre y_centre width height score`, shares of its sides.

    It is what Ultralytics writes with `save_conf=True`, and reads.
    """
    sides = result["width"], result["height"]
    lines = []
    for face in result["faces"]:
        low, high = face["box"][:2], face["box"][2:]
        centres = [(a + b) / 2 / side for a, b, side in zip(low, high, sides, strict=True)]
        extents = [(b - a) / side for a, b, side in zip(low, high, sides, strict=True)]
        numbers = " ".join(f"{number:.6f}" for number in (*centres, *extents, face["score"]))
        lines.append(f"0 {numbers}\n")
    return "".join(lines)


def _name(result: Result) -> str:
    """Of a picture its file, of a frame `NAME#0`, `NAME#1`, ..."""
    return f"{result['file']}#{result['frame']}" if "frame" in result else result["file"]
