"""tfface.file_kinds: what a file is by its first bytes and its name."""

import cv2
import numpy as np
import pytest

from tfface.file_kinds import ADVICE, PICTURE_SUFFIXES, RAW, VIDEO, is_decoded, kind_of


def encode(suffix: str) -> bytes:
    _, data = cv2.imencode(suffix, np.zeros((32, 32, 3), np.uint8))
    return data.tobytes()


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".jpg", "JPEG"),
        (".png", "PNG"),
        (".webp", "WebP"),
        (".jp2", "JPEG 2000"),
        (".avif", "AVIF"),
        (".gif", "GIF"),
        (".hdr", "Radiance"),
    ],
)
def test_what_opencv_writes_is_known_and_decoded(suffix: str, kind: str) -> None:
    if not cv2.haveImageWriter(suffix):
        pytest.skip(f"this OpenCV has no {suffix}")
    assert kind_of("without a suffix", encode(suffix)) == kind
    assert is_decoded(kind)


def container(major: bytes, *compatible: bytes) -> bytes:
    """The first box of an ISO base media file (ISO/IEC 14496-12, 4.3): size, type, brands."""
    brands = major + bytes(4) + b"".join(compatible)
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (container(b"heic", b"mif1", b"heic"), "HEIC"),
        (container(b"mif1", b"mif1", b"heic"), "HEIC"),
        (container(b"mif1", b"miaf", b"avif"), "AVIF"),
        (container(b"isom", b"iso2", b"avc1", b"mp41"), VIDEO),
        (container(b"qt  ", b"qt  "), VIDEO),
        (b"\0\0\0\x08wide\0\x12\x34\x56mdat", VIDEO),  # QuickTime before it had brands
        (b"RIFF\x24\x10\0\0AVI LIST", VIDEO),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01", VIDEO),  # Matroska, WebM
        (b"G\x40\0\x10" + bytes(184) + b"G\x41\0\x10", VIDEO),  # MPEG-2 transport stream
        ((bytes(4) + b"G\x40\0\x10" + bytes(184)) * 3, VIDEO),  # and with arrival times: AVCHD
        (b"\0\0\0\x14pnot\xb2\0", VIDEO),  # QuickTime with a preview, or room before it
        (b"\0\0\x10\0free" + bytes(8), VIDEO),
        (b"\0\0\0\x08skip\0\0\0\x08wide", VIDEO),
        (b"Feel free to look", None),
        (container(b"crx "), RAW),
        (b"II*\0\x10\0\0\0CR\x02\0", RAW),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"BMI" + b"G" * 500, None),  # a grey bitmap
        (b"\n<!doctype HTML>", "a web page"),
        (b"%PDF-1.7", "a PDF"),
        (b"BMI and other numbers", None),
        (b"", None),
    ],
)
def test_what_else_comes(head: bytes, kind: str | None) -> None:
    assert kind_of("file", head) == kind


def test_raw_files_that_look_like_tiff_are_known_by_name() -> None:
    assert kind_of("IMG_1.NEF", b"II*\0\x08\0\0\0") == RAW
    assert kind_of("IMG_1.tif", b"II*\0\x08\0\0\0") is None
    assert kind_of("renamed.dng", encode(".jpg")) == "JPEG"  # the content is the surer sign


def test_suffixes_are_those_of_formats_that_this_opencv_decodes() -> None:
    assert {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tiff"} <= PICTURE_SUFFIXES
    assert {".heic", ".mp4", ".nef", ".txt", ""} & PICTURE_SUFFIXES == set()
    assert (".avif" in PICTURE_SUFFIXES) == cv2.haveImageWriter(".avif") == is_decoded("AVIF")


def test_there_is_advice_for_the_pictures_that_people_have() -> None:
    assert "heif-convert" in ADVICE["HEIC"]
    assert "videos" in ADVICE[VIDEO] and "ffmpeg" in ADVICE[VIDEO]
    assert not any(map(is_decoded, ("HEIC", VIDEO, RAW, "a PDF", None)))
