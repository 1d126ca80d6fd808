"""What a file is by its name and first bytes, and what to do where it is no picture for OpenCV."""

import os
import re
import stat
from pathlib import Path

import cv2

HEAD = 512
"""Bytes that tell the kind of a file."""

_PICTURES = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WebP": rb"RIFF....WEBP",
    "AVIF": rb"....ftyp(....)*?avi[fs]",
    "JPEG 2000": rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    "Radiance": rb"#\?R(ADIANCE|GBE)\n",
}
"""Formats of OpenCV that a few bytes tell without doubt."""

RAW = "raw data of a camera"
VIDEO = "a video or sound file"

_OTHERS = {
    "HEIC": rb"....ftyp(hei[cmsx]|hev[cmsx]|mi[af]1|msf1)",
    RAW: rb"....ftypcrx |II\*\0....CR|FUJIFILMCCD-RAW|IIR[OS]|IIU\0",
    VIDEO: rb"....(ftyp|moov|mdat|wide)|\0...(free|skip|pnot)|RIFF....AVI "
    rb"|\x1aE\xdf\xa3|FLV\x01|OggS|0&\xb2u\x8ef\xcf\x11|\0\0\x01[\xb3\xba]"
    rb"|G.{187}G|(?!BM)....G.{191}G.{191}G",
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "a Photoshop file": rb"8BPS",
    "a PDF": rb"%PDF-",
    "a web page": rb"\s*<(!DOCTYPE html|html)",
    "an SVG or XML file": rb"\s*<(\?xml|!--|!DOCTYPE svg|svg)",
}
"""What else is met where pictures are expected; of two that fit, the first counts."""

_PATTERNS = {
    kind: re.compile(pattern, re.DOTALL | (re.IGNORECASE if b"<" in pattern else 0))
    for kind, pattern in (_PICTURES | _OTHERS).items()
}

_RAW_SUFFIX = re.compile(
    r"\.(3fr|arw|cr[23w]|dng|erf|kdc|mrw|nef|nrw|orf|pef|raf|raw|rw2|sr2|srf|srw|x3f)"
)
"""Most of these are TIFF files, of which OpenCV would decode the thumbnail."""

_NAMED_LIKE = {".apng": ".png", ".j2k": ".jp2", ".jfif": ".jpg"}
"""Suffixes that OpenCV does not write, and one of the same format that it does."""

PICTURE_SUFFIXES = frozenset(
    suffix
    for suffix in (
        *(".apng", ".avif", ".bmp", ".dib", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg"),
        *(".jpg", ".pam", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".ras", ".sr", ".tif", ".tiff"),
        ".webp",
    )
    if cv2.haveImageWriter(_NAMED_LIKE.get(suffix, suffix))
)
"""Names of the formats that this OpenCV decodes."""

ADVICE = {
    "AVIF": "a newer opencv-python-headless decodes it",
    "GIF": "a newer opencv-python-headless decodes it",
    "HEIC": "convert it to JPEG: heif-convert IN.heic OUT.jpg, or sips -s format jpeg on a Mac",
    "JPEG XL": "convert it to PNG: djxl IN.jxl OUT.png",
    RAW: "develop it to JPEG or TIFF first",
    VIDEO: "python -m tfface.detect reads videos that are named to it; or save its pictures: "
    "ffmpeg -i VIDEO %05d.png",
}
"""What to do with pictures that this OpenCV does not decode."""


def kind_of(path: str | os.PathLike[str], head: bytes) -> str | None:
    """What a file that begins with `head` is, such as "JPEG"; None where nothing tells it."""
    kind = next((kind for kind, pattern in _PATTERNS.items() if pattern.match(head)), None)
    is_raw = kind is None and _RAW_SUFFIX.fullmatch(Path(path).suffix.lower())
    return RAW if is_raw else kind


_SPECIAL = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def special_kind(path: str | os.PathLike[str]) -> str | None:
    """What a path leads to that is no regular file, such as "a pipe", without opening it.

    Raises:
        OSError: it leads nowhere, in a circle, or through a closed folder.
    """
    return _SPECIAL.get(stat.S_IFMT(os.stat(path).st_mode))


def is_decoded(kind: str | None) -> bool:
    """Whether this OpenCV decodes files of that kind."""
    suffix = {"AVIF": ".avif", "GIF": ".gif", "JPEG 2000": ".jp2"}.get(kind or "", ".png")
    return kind in _PICTURES and suffix in PICTURE_SUFFIXES
