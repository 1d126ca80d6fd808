"""Where the copies of pictures and videos go."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tfface.annotated import is_annotated
from tfface.exports import EXPORTS
from tfface.free_names import FreeNames
from tfface.label_record import is_recorded, recorded
from tfface.named_pictures import is_video
from tfface.video import Camera

Source = Path | Camera
"""What is searched: a picture or video file, or a camera."""


class Places(NamedTuple):
    """Where the copies of a picture go; None for what is not asked for.

    Of crops, `NAME.png` stands for `NAME-1.png`, `NAME-2.png`, ...
    """

    annotated: Path | None = None
    crops: Path | None = None
    yolo: Path | None = None

    def crop(self, number: int) -> Path:
        """Of the face of that number, from 1 on."""
        assert self.crops is not None
        return self.crops.with_name(f"{self.crops.stem}-{number}.png")

    def have_copies(self, result: Mapping[str, Any]) -> bool:
        """Whether all copies that are asked for are still there, for a result of before."""
        return (
            (self.annotated is None or self._has_annotated(result))
            and (self.yolo is None or self.yolo.is_file())
            and (self.crops is None or all(map(is_annotated, self._crops_of(result))))
        )

    def _has_annotated(self, result: Mapping[str, Any]) -> bool:
        assert self.annotated is not None
        return result.get("annotated") == str(self.annotated) and is_annotated(self.annotated)

    def _crops_of(self, result: Mapping[str, Any]) -> Iterator[Path]:
        return (self.crop(number) for number, _ in enumerate(result["faces"], start=1))


def places_of(
    sources: Sequence[Source], options: argparse.Namespace, folders: Sequence[Path] = ()
) -> list[Places]:
    """Where the copies of every source go: over no source, no result, and no file of the user.

    Args:
        sources: what is searched.
        options: the folders of the copies, and the files of results.
        folders: those whose pictures are among the sources.
    """
    searched = [source for source in sources if isinstance(source, Path)]
    results = [getattr(options, name) for name in ("json", *EXPORTS) if getattr(options, name)]
    record = cache(recorded)
    free = FreeNames(
        [*searched, *results],
        lambda path: is_annotated(path) or is_recorded(path, record(path.parent)),
    )
    none: list[Path | None] = [None] * len(sources)
    annotated = crops = yolo = none
    if options.output:
        annotated = [
            free.single(options.output, _stem(source), _suffix(source)) for source in sources
        ]
    if options.crops:
        crops = [free.series(options.crops, _stem(source)) for source in sources]
    if options.yolo:
        # As their readers look for them: in the same folders as the pictures.
        yolo = [
            free.single(options.yolo / _within(source, folders), _stem(source), ".txt")
            for source in sources
        ]
    return list(map(Places, annotated, crops, yolo))


def _within(source: Source, folders: Sequence[Path]) -> Path:
    """Where a picture lies in the first of the folders that it is from."""
    for folder in folders:
        if isinstance(source, Path) and source.is_relative_to(folder):
            return source.relative_to(folder).parent
    return Path()


def _stem(source: Source) -> str:
    return source.name if isinstance(source, Camera) else source.stem


def _suffix(source: Source) -> str:
    """Of the annotated copy."""
    return ".mp4" if isinstance(source, Camera) or is_video(source) else ".png"
