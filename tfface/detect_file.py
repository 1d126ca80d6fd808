"""One picture or video of `python -m tfface.detect`: its faces, and the copies asked for."""

import argparse
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from tfface.annotated import annotated_paths, is_annotated, write_annotated
from tfface.anonymising import blur_faces, crop_faces, pixelate_faces
from tfface.command_line import noting_interrupts
from tfface.detections import Detections
from tfface.drawing import draw_detections, draw_masks
from tfface.exports import yolo_text
from tfface.files import atomic_path
from tfface.image import Image, decode_picture, read_picture
from tfface.named_pictures import READ_FROM_STANDARD_INPUT, is_video
from tfface.predict.face_detector import FaceDetector
from tfface.predict.strategy import OneSize, Strategy, Turned, parse_strategy
from tfface.video import Camera, VideoWriter, open_video, write_video

Source = Path | Camera
"""What is searched: a picture or video file, or a camera."""


class Places(NamedTuple):
    """Where the copies of a picture go; None for what is not asked for.

    Of crops, `NAME.png` stands for `NAME-1.png`, `NAME-2.png`, ...; of a video, the annotated one
    for `NAME.mp4`.
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
        annotated = Path(result.get("annotated", ""))
        return (
            (self.annotated is None or is_annotated(annotated) or _is_film(annotated))
            and (self.yolo is None or self.yolo.is_file())
            and (self.crops is None or all(map(is_annotated, self._crops_of(result))))
        )

    def _crops_of(self, result: Mapping[str, Any]) -> Iterator[Path]:
        return (self.crop(number) for number, _ in enumerate(result["faces"], start=1))


def places_of(sources: Sequence[Source], options: argparse.Namespace) -> list[Places]:
    """Where the copies of every source go."""
    names = [source if isinstance(source, Path) else Path(source.name) for source in sources]
    none: list[Path | None] = [None] * len(names)
    annotated, crops, yolo = (
        annotated_paths(names, folder) if folder else none
        for folder in (options.output, options.crops, options.yolo)
    )
    labels = [path.with_suffix(".txt") if path else None for path in yolo]
    return list(map(Places, annotated, crops, labels))


def detect_file(
    detector: FaceDetector, source: Source, places: Places, options: argparse.Namespace
) -> dict[str, Any]:
    """The result for one source, ready for JSON; writes what else is asked for of it.

    A video or camera has `frames` instead of `faces`: an iterator, which searches each when it is
    asked for it, and has written the annotated copy when it ends.
    """
    if isinstance(source, Camera) or is_video(source):
        return detect_film(detector, source, places, options)
    if source == READ_FROM_STANDARD_INPUT and options.content is not None:
        image, notes = decode_picture(options.content, options.max_pixels)
    else:
        image, notes = read_picture(source, options.max_pixels)
    detections = _detect(detector, image, _strategy(options), options)
    result = _head(source, image) | {"faces": detections.to_json()}
    if places.annotated is not None:
        canvas = image
        if options.show_masks:
            canvas = draw_masks(image, detector.masks(image, options.long_side))
        write_annotated(places.annotated, _rendered(canvas, detections, options))
        result["annotated"] = str(places.annotated)
    if places.crops is not None:
        faces = crop_faces(image, detections.boxes, options.crop_margin)
        for number, face in enumerate(faces, start=1):
            write_annotated(places.crop(number), face)
    if places.yolo is not None:
        with atomic_path(places.yolo) as temporary:
            temporary.write_text(yolo_text(result), encoding="utf-8")
    if notes:
        result["notes"] = notes
    return result


def detect_film(
    detector: FaceDetector, source: Source, places: Places, options: argparse.Namespace
) -> dict[str, Any]:
    """The result for a video or camera; see `detect_file`.

    Raises:
        ValueError: it has no frames, or crops or YOLO text of it are asked for.
    """
    if places.crops or places.yolo:
        raise ValueError("expected a picture for --crops and --yolo, got a video")
    with ExitStack() as stack:
        video = stack.enter_context(
            open_video(source.address if isinstance(source, Camera) else source)
        )
        images = video.frames()
        first = next(images, None)
        if first is None:
            raise ValueError("expected a video with frames, got none that OpenCV decodes")
        result = _head(source, first) | {"frames_per_second": video.rate}
        writer = None
        if places.annotated is not None:
            target = _film_path(source, places.annotated)
            writer = stack.enter_context(write_video(target, video.rate))
            result["annotated"] = str(target)
        every: Iterator[Image] = chain((first,), images)
        if isinstance(source, Camera):
            every = _until_interrupted(every)
        result["frames"] = _frames(stack.pop_all(), every, writer, detector, options)
    return result


def _frames(
    opened: ExitStack,
    images: Iterable[Image],
    writer: VideoWriter | None,
    detector: FaceDetector,
    options: argparse.Namespace,
) -> Iterator[dict[str, Any]]:
    """The results of the frames, one after another; the annotated video is there at the end."""
    strategy = _strategy(options)
    with opened:
        for number, image in enumerate(images):
            detections = _detect(detector, image, strategy, options)
            if writer:
                writer.write(_rendered(image, detections, options))
            yield {"frame": number, "faces": detections.to_json()}


def _until_interrupted(images: Iterable[Image]) -> Iterator[Image]:
    """The pictures until Ctrl-C, which is how one ends a camera."""
    with noting_interrupts() as interrupted:
        for image in images:
            if interrupted():
                return
            yield image


def _film_path(source: Source, annotated: Path) -> Path:
    """Where the annotated video goes, never over the one that is searched."""
    target = annotated.with_suffix(".mp4")
    if isinstance(source, Path) and os.path.realpath(target) == os.path.realpath(source):
        return target.with_stem(f"{target.stem}-faces")
    return target


def _is_film(path: Path) -> bool:
    return path.suffix == ".mp4" and path.is_file()


def _head(source: Source, image: Image) -> dict[str, Any]:
    height, width = image.shape[:2]
    return {"file": str(source), "width": width, "height": height}


def _detect(
    detector: FaceDetector, image: Image, strategy: Strategy | None, options: argparse.Namespace
) -> Detections:
    return detector.detect(
        image,
        options.threshold,
        None if strategy else options.long_side,
        strategy,
        min_face=options.min_face,
        max_faces=options.max_faces,
    )


def _rendered(image: Image, detections: Detections, options: argparse.Namespace) -> Image:
    """The picture that `--output` gets."""
    if options.blur:
        return blur_faces(image, detections.boxes)
    if options.pixelate:
        return pixelate_faces(image, detections.boxes)
    return draw_detections(image, detections)


def _strategy(options: argparse.Namespace) -> Strategy | None:
    """How the options say to search; None for one size, which `--long_side` chooses."""
    if not options.rotations:
        return parse_strategy(options.strategy) if options.strategy else None
    if options.strategy:
        return Turned(parse_strategy(options.strategy))
    return Turned(OneSize(lambda picture: options.long_side))
