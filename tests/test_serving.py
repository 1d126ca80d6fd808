"""tfface.serving: what a request may cost, and what it is told."""

import asyncio
import threading
from collections.abc import AsyncIterator

import cv2
import numpy as np
import pytest

from tfface.detections import Detections
from tfface.predict.runtime import ModelError
from tfface.serving import Answer, DetectionService, Limits

PICTURE = cv2.imencode(".png", np.zeros((4, 6, 3), np.uint8))[1].tobytes()


class OneFace:
    """Finds the whole picture, once it may."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.may.set()

    def detect(self, image: np.ndarray, threshold: float) -> Detections:
        self.may.wait(10)
        height, width = image.shape[:2]
        return Detections(np.array([[0, 0, width, height]], np.float32), np.ones(1, np.float32))


class Broken:
    def detect(self, image: np.ndarray, threshold: float) -> Detections:
        raise ModelError("no")


async def body(*chunks: bytes, pause: float = 0.0) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
        await asyncio.sleep(pause)


def ask(service: DetectionService, *chunks: bytes, method: str = "POST", **more) -> Answer:
    path = more.pop("path", "/")
    return asyncio.run(service.answer(method, path, body(*chunks), **more))


def test_the_faces_of_a_picture() -> None:
    answer = ask(DetectionService(OneFace()), PICTURE[:10], PICTURE[10:])
    assert (answer.status, answer.content) == (200, {"boxes": [[0, 0, 6, 4]], "scores": [1.0]})


def test_the_health_path() -> None:
    answer = ask(DetectionService(OneFace()), method="GET", path="/health")
    assert (answer.status, answer.content["status"]) == (200, "ok")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_are_refused(method: str) -> None:
    answer = ask(DetectionService(OneFace()), method=method)
    assert (answer.status, answer.headers) == (405, {"Allow": "POST"})


def test_no_more_than_the_limit_is_read_whatever_the_header_claims() -> None:
    service = DetectionService(OneFace(), limits=Limits(bytes=100))
    read = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            read.append(b"x" * 30)
            yield read[-1]

    assert asyncio.run(service.answer("POST", "/", endless(), length=7)).status == 413
    assert len(read) == 4  # 120 bytes
    assert ask(service, length=101).status == 413
    assert ask(service, PICTURE).status == 200  # and nothing is occupied


def test_what_is_no_picture_or_too_large_a_one_is_refused() -> None:
    service = DetectionService(OneFace(), limits=Limits(pixels=23))
    assert "6 x 4 = 24" in ask(service, PICTURE).content["error"]
    for content in (b"", b"text", PICTURE[:30]):
        assert ask(service, content).status == 400


def test_bodies_that_are_no_file_are_told_so_and_files_what_they_are() -> None:
    service = DetectionService(OneFace())
    form = b'--xyz\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + PICTURE
    for content in (form, b'{"image": "/9j/4AAQ"}', b"/9j/4AAQSkZJRgABAQ"):
        assert "has to be the file itself, not a form" in ask(service, content).content["error"]
    of_a_phone = ask(service, b"\0\0\0\x18ftypheic\0\0\0\0mif1\xff").content["error"]
    assert of_a_phone.startswith("expected a picture, got HEIC; convert it to JPEG")
    assert not of_a_phone.endswith("base64")


@pytest.mark.parametrize("threshold", [-0.1, 50, float("nan")])
def test_a_threshold_for_which_every_picture_would_fail(threshold: float) -> None:
    with pytest.raises(ValueError, match=r"expected a threshold in 0..1, got"):
        DetectionService(OneFace(), threshold)


@pytest.mark.parametrize("name", ["bytes", "pixels", "seconds", "waiting"])
def test_limits_that_nothing_passes(name: str) -> None:
    with pytest.raises(ValueError, match=f"expected a limit of {name} above 0, got 0"):
        Limits(**{name: 0})


def test_a_detector_that_fails() -> None:
    assert ask(DetectionService(Broken()), PICTURE).status == 500


def test_a_body_that_does_not_come() -> None:
    service = DetectionService(OneFace(), limits=Limits(seconds=0.05))
    answer = asyncio.run(service.answer("POST", "/", body(PICTURE, pause=1.0)))
    assert answer.status == 408


def test_what_is_too_much_is_told_to_come_again_and_health_still_answers() -> None:
    detector = OneFace()
    detector.may.clear()
    service = DetectionService(detector, limits=Limits(waiting=2, seconds=0.3))

    async def crowd() -> list[int]:
        asked = [asyncio.create_task(service.answer("POST", "/", body(PICTURE))) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert (await service.answer("GET", "/health", body())).content["waiting"] == 2
        answers = [await task for task in asked]
        # Those over time hold their places until the detector is done with them.
        detector.may.set()
        await asyncio.sleep(0.2)
        answers.append(await service.answer("POST", "/", body(PICTURE)))
        assert all(a.headers == {"Retry-After": "1"} for a in answers if a.status == 503)
        return [answer.status for answer in answers]

    assert asyncio.run(crowd()) == [503] * 5 + [200]
