"""One picture or video of `python -m tfface.detect`: its faces, and the copies asked for."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import chain
from typing import Any

from tfface.annotated import FILM_MARK, write_annotated
from tfface.anonymising import blur_faces, crop_faces, pixelate_faces
from tfface.detections import Detections
from tfface.drawing import draw_detections, draw_masks
from tfface.exports import yolo_text
from tfface.image import decode_file, read_picture
from tfface.interrupts import noting_interrupts
from tfface.label_record import write_labels
from tfface.named_pictures import READ_FROM_STANDARD_INPUT, is_video
from tfface.places import Places, Source
from tfface.predict.face_detector import FaceDetector
from tfface.predict.strategy import OneSize, Strategy, Turned, parse_strategy
from tfface.rgb import Image
from tfface.video import Camera, TimedImage, Video, open_video
from tfface.video_writer import VideoWriter, write_video


def detect_file(
    detector: FaceDetector, source: Source, places: Places, options: argparse.Namespace
) -> dict[str, Any]:
    """The result for one source, ready for JSON; writes what else is asked for of it.

    A video or camera has `frames` instead of `faces`: an iterator, which searches each when it is
    asked for it, and has written the annotated copy when it ends. Then `ending` has what is known
    only there: of a file that has clearly fewer frames than it says `incomplete`, and `notes`.
    """
    if isinstance(source, Camera) or is_video(source):
        return detect_film(detector, source, places, options)
    if source == READ_FROM_STANDARD_INPUT and options.content is not None:
        image, notes = decode_file(options.content, source, options.max_pixels)
    else:
        image, notes = read_picture(source, options.max_pixels)
    detections = _detect(detector, image, _strategy(options), options)
    result = _head(source, image) | {"faces": detections.to_json()}
    if places.annotated is not None:
        write_annotated(places.annotated, _rendered(detector, image, detections, options))
        result["annotated"] = str(places.annotated)
    if places.crops is not None:
        faces = crop_faces(image, detections.boxes, options.crop_margin)
        for number, face in enumerate(faces, start=1):
            write_annotated(places.crop(number), face)
    if places.yolo is not None:
        write_labels(places.yolo, yolo_text(result))
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
        head = _head(source, first.image)
        result = head | {"frames_per_second": video.rate, "ending": {}}
        writer = None
        if places.annotated is not None:
            writer = stack.enter_context(write_video(places.annotated, video.rate, FILM_MARK))
            result["annotated"] = str(places.annotated)
        every: Iterator[TimedImage] = chain((first,), images)
        if isinstance(source, Camera):
            every = _until_interrupted(every)
        search = _searched(every, head, writer, detector, options)
        result["frames"] = _to_the_end(stack.pop_all(), video, search, result["ending"])
    return result


def _searched(
    images: Iterable[TimedImage],
    head: Mapping[str, Any],
    writer: VideoWriter | None,
    detector: FaceDetector,
    options: argparse.Namespace,
) -> Iterator[dict[str, Any]]:
    """The results of the frames; those of another size than the first have theirs."""
    strategy = _strategy(options)
    for number, (seconds, image) in enumerate(images):
        detections = _detect(detector, image, strategy, options)
        if writer:
            writer.write(_rendered(detector, image, detections, options), seconds)
        sides = {"width": image.shape[1], "height": image.shape[0]}
        other = {} if sides.items() <= head.items() else sides
        frame = {"frame": number, "seconds": round(seconds, 3)}
        yield frame | other | {"faces": detections.to_json()}


def _to_the_end(
    opened: ExitStack, video: Video, frames: Iterable[dict[str, Any]], ending: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Passes frames on; at the end the annotated video is there, and `ending` says what lacks."""
    count, seconds = 0, 0.0
    with opened:
        for frame in frames:
            yield frame
            count, seconds = count + 1, frame["seconds"]
    if video.is_cut_short(count, seconds):
        note = f"expected about {video.count} frames, got {count}: the file is cut short or damaged"
        ending |= {"incomplete": True, "notes": [note]}


def _until_interrupted(images: Iterable[TimedImage]) -> Iterator[TimedImage]:
    """The pictures until Ctrl-C, which is how one ends a camera."""
    with noting_interrupts() as interrupted:
        for image in images:
            if interrupted():
                return
            yield image


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


def _rendered(
    detector: FaceDetector, image: Image, detections: Detections, options: argparse.Namespace
) -> Image:
    """The picture that `--output` gets."""
    if options.show_masks:
        image = draw_masks(image, detector.masks(image, options.long_side))
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
