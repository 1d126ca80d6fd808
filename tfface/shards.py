"""Pictures in shards of a fixed order, and what is found in them, a file a shard, exactly once."""

import glob
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from tfface.files import atomic_path
from tfface.image import read_picture
from tfface.named_pictures import names_in
from tfface.predict.face_detector import FaceDetector
from tfface.reasons import reason_of

FORMATS = ("jsonl", "parquet")
"""Of the files of shards."""

PLAN = "plan.json"
"""In the folder of the output: the settings, and all pictures in order."""

DEAD_LETTERS = "dead-letters.jsonl"
"""Pictures that could not be searched, of all shards: a file, the error and its shard a line."""


def list_pictures(patterns: Sequence[str], listed: Path | None = None) -> list[str]:
    """The files of all patterns, sorted, then those of a list, in its order.

    Args:
        patterns: globs, `**` for any folders, or files.
        listed: a text file, a picture a line, or a Parquet file with a column `path`. A picture
            that is named twice is searched twice.

    Raises:
        ValueError: a pattern without a file, a list without its column, or no pictures at all.
        OSError: the list cannot be read.
    """
    pictures: list[str] = []
    for pattern in patterns:
        # A name with brackets in it may be that of a file.
        paths = [pattern] if os.path.isfile(pattern) else glob.glob(pattern, recursive=True)
        found = sorted(path for path in paths if os.path.isfile(path))
        if not found:
            raise ValueError(f"expected pictures, found no file that matches {pattern!r}")
        pictures += found
    if listed is not None:
        pictures += _read_list(listed)
    if not pictures:
        raise ValueError("expected pictures, got none: give a glob, or --list FILE")
    return [os.path.abspath(path) for path in pictures]


def _read_list(path: Path) -> list[str]:
    if path.suffix != ".parquet":
        return names_in(path.read_bytes())
    import pyarrow.parquet

    names = pyarrow.parquet.read_schema(path).names
    if "path" not in names:
        raise ValueError(f"expected a column path in {path}, got the columns {', '.join(names)}")
    pictures = pyarrow.parquet.read_table(path, columns=["path"])["path"].to_pylist()
    for row, picture in enumerate(pictures):
        if not isinstance(picture, str):
            raise ValueError(f"expected paths as text in {path}, got {picture!r} in row {row}")
    return pictures


@dataclass(frozen=True)
class Shard:
    """Pictures `number * size` to the next shard's, in the order of the plan."""

    number: int


@dataclass(frozen=True)
class Plan:
    """What is searched, in which shards; the same for every process, and when the run goes on.

    Attributes:
        folder: of the output, absolute.
        settings: `shard_size`, `format`, how pictures are searched, and by what.
        count: of shards.
    """

    folder: Path
    settings: Mapping[str, Any]
    count: int

    @classmethod
    def begin(cls, folder: Path, pictures: Sequence[str], settings: Mapping[str, Any]) -> Self:
        """Writes the plan, or goes on with the one in the folder.

        Raises:
            ValueError: the folder has results of other pictures or settings.
        """
        content = {"settings": dict(settings), "pictures": list(pictures)}
        path = folder / PLAN
        if path.exists():
            former = json.loads(path.read_text(encoding="utf-8"))
            pairs = ((name, former["settings"].get(name), settings[name]) for name in settings)
            different = [name for name, before, now in pairs if before != now]
            different += ["pictures"] if former["pictures"] != list(pictures) else []
            if different:
                raise ValueError(
                    f"expected the {' and '.join(different)} that {folder} was begun with; give "
                    "them again, or choose another --output"
                )
        else:
            with atomic_path(path) as temporary:
                temporary.write_text(json.dumps(content), encoding="utf-8")
        return cls(folder, dict(settings), -(-len(pictures) // int(settings["shard_size"])))

    def pictures(self, shard: Shard) -> list[str]:
        """The pictures of a shard."""
        size = int(self.settings["shard_size"])
        return _pictures_of(self.folder / PLAN)[shard.number * size : (shard.number + 1) * size]

    def file(self, shard: Shard) -> Path:
        """Where the results of a shard are, once they are complete."""
        name = f"faces-{shard.number:06d}-of-{self.count:06d}.{self.settings['format']}"
        return self.folder / name

    def dead_letters(self, shard: Shard) -> Path:
        """Where those of one shard wait to be joined; the file of the shard appears after it."""
        return self.folder / f".dead-letters-{shard.number:06d}.jsonl"

    def missing(self) -> list[Shard]:
        """The shards without a file."""
        shards = (Shard(number) for number in range(self.count))
        return [shard for shard in shards if not self.file(shard).exists()]

    def complete(self) -> tuple[int, int]:
        """Joins the dead letters; the numbers of pictures, and of those that failed.

        Those of a shard take the place of what was joined of it before: so it may be ended at any
        moment, and a shard whose file was removed may be done again.
        """
        path = self.folder / DEAD_LETTERS
        waiting = {number: self.dead_letters(Shard(number)) for number in range(self.count)}
        waiting = {number: part for number, part in waiting.items() if part.exists()}
        letters = [each for each in _read_lines(path) if each["shard"] not in waiting]
        letters += [each for part in waiting.values() for each in _read_lines(part)]
        with atomic_path(path) as temporary:
            _write_lines(temporary, sorted(letters, key=lambda each: each["shard"]))
        for part in waiting.values():
            part.unlink()
        return len(_pictures_of(self.folder / PLAN)), len(letters)


@lru_cache(maxsize=1)
def _pictures_of(path: Path) -> list[str]:
    return json.loads(path.read_text(encoding="utf-8"))["pictures"]


@lru_cache(maxsize=1)
def _detector(model: str, precision: str) -> FaceDetector:
    return FaceDetector.from_preset(model, 1, precision)


def detect_shard(plan: Plan, shard: Shard) -> dict[str, Any]:
    """Searches the pictures of a shard and writes its file; one that is there is left alone.

    Returns:
        The `file`, and how many `pictures` it has and `failed`.
    """
    pictures = plan.pictures(shard)
    found: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    if not plan.file(shard).exists():
        for result in _results(plan, pictures):
            (failed if "error" in result else found).append(result)
        with atomic_path(plan.dead_letters(shard)) as temporary:
            _write_lines(temporary, [{**each, "shard": shard.number} for each in failed])
        with atomic_path(plan.file(shard)) as temporary:
            _write(temporary, found, plan.settings["format"])
    return {"file": plan.file(shard).name, "pictures": len(pictures), "failed": len(failed)}


def _results(plan: Plan, pictures: Sequence[str]) -> Iterator[dict[str, Any]]:
    settings = plan.settings
    detector = _detector(settings["model"], settings["precision"])
    for path in pictures:
        try:
            image, notes = read_picture(Path(path), settings["max_pixels"])
            faces = detector.detect(image, settings["threshold"], settings["long_side"]).to_json()
        except Exception as error:  # whatever it is, it must not cost the other pictures
            yield {"file": path, "error": reason_of(error)}
            continue
        height, width = image.shape[:2]
        yield {"file": path, "width": width, "height": height, "faces": faces, "notes": notes}


def _read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON Lines; none where there is no file."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def _write_lines(path: Path, objects: Sequence[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(each, allow_nan=False)}\n" for each in objects)


def _write(path: Path, results: Sequence[dict[str, Any]], kind: str) -> None:
    if kind == "jsonl":
        _write_lines(path, results)
        return
    import pyarrow
    import pyarrow.parquet

    # Text there is UTF-8: of a name that is none, what is no text stands as JSON escapes it.
    rows = [
        each | {"file": each["file"].encode("utf-8", "backslashreplace").decode()}
        for each in results
    ]
    face = pyarrow.struct([("box", pyarrow.list_(pyarrow.float64())), ("score", pyarrow.float64())])
    schema = pyarrow.schema(
        [
            ("file", pyarrow.string()),
            ("width", pyarrow.int32()),
            ("height", pyarrow.int32()),
            ("faces", pyarrow.list_(face)),
            ("notes", pyarrow.list_(pyarrow.string())),
        ]
    )
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, schema), path)
