"""Pictures as they were taken, by the bytes of their files, as part of an exported graph.

A camera held upright may store its pictures lying, and say so in EXIF (CIPA DC-008, 4.6.4): in the
tag `Orientation` of a TIFF structure, which JPEG has in a segment APP1, PNG in a chunk eXIf, WebP
in a chunk EXIF.
"""

import tensorflow as tf

from convert.file_bytes import bytes_at, number_at

_JPEG, _JPEG_EXIF = b"\xff\xd8", b"Exif\0\0"
_APP1, _START_OF_SCAN = b"\xe1", b"\xda"
_PNG, _PNG_EXIF = b"\x89PNG\r\n\x1a\n", b"eXIf"
_RIFF, _WEBP, _WEBP_EXIF = b"RIFF", b"WEBP", b"EXIF"
_TIFF_LITTLE_ENDIAN, _TIFF_BIG_ENDIAN = b"II*\0", b"MM\0*"
_TIFF_ENTRY = 12
"""Bytes: tag and type of two each, number and value of four; a short value leaves two unused."""

_ORIENTATION_TAG = 0x0112
_AS_STORED = 1

_TURNS = (
    lambda image: image,
    tf.image.flip_left_right,
    lambda image: tf.image.rot90(image, 2),
    tf.image.flip_up_down,
    tf.image.transpose,
    lambda image: tf.image.rot90(image, 3),
    lambda image: tf.image.transpose(tf.image.rot90(image, 2)),
    tf.image.rot90,
)
"""What undoes the orientations 1 to 8."""


def turn_upright(image: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """A picture `(H, W, C)` turned as EXIF says.

    Args:
        image: as the file stores it.
        content: string `()`, the file. One without EXIF, or with damaged EXIF, turns nothing.
    """
    orientation = _orientation_of(_exif_of(content))
    return tf.switch_case(orientation - 1, [lambda turn=turn: turn(image) for turn in _TURNS])


def _exif_of(content: tf.Tensor) -> tf.Tensor:
    """The TIFF structure in the bytes of a picture file; empty where there is none."""
    exif = tf.constant(b"")
    if bytes_at(content, 0, len(_JPEG)) == _JPEG:
        exif = _exif_of_jpeg(content)
    elif bytes_at(content, 0, len(_PNG)) == _PNG:
        exif = _exif_of_png(content)
    elif bytes_at(content, 0, 4) == _RIFF and bytes_at(content, 8, 4) == _WEBP:
        exif = _exif_of_webp(content)
    return exif


def _exif_of_jpeg(content: tf.Tensor) -> tf.Tensor:
    """Goes from segment to segment (ITU-T T.81, B.1.1): 0xFF, a marker, length, what it holds."""
    at, exif = tf.constant(len(_JPEG)), tf.constant(b"")
    while exif == b"" and bytes_at(content, at, 1) == b"\xff":
        marker, length = bytes_at(content, at + 1, 1), number_at(content, at + 2, tf.uint16)
        if marker == _APP1 and bytes_at(content, at + 4, len(_JPEG_EXIF)) == _JPEG_EXIF:
            exif = bytes_at(content, at + 4 + len(_JPEG_EXIF), length - 2 - len(_JPEG_EXIF))
        elif marker == _START_OF_SCAN:
            length = tf.strings.length(content)
        at += 1 if marker == b"\xff" else 2 + length
    return exif


def _exif_of_png(content: tf.Tensor) -> tf.Tensor:
    """Goes from chunk to chunk (PNG, 5.3): length of what it holds, type, that, checksum."""
    at, exif, end = tf.constant(len(_PNG)), tf.constant(b""), tf.strings.length(content)
    while exif == b"" and at >= 0 and at < end:
        length = number_at(content, at, tf.int32)
        if bytes_at(content, at + 4, 4) == _PNG_EXIF:
            exif = bytes_at(content, at + 8, length)
        at = end if length < 0 else at + 12 + length
    return exif


def _exif_of_webp(content: tf.Tensor) -> tf.Tensor:
    """Goes from chunk to chunk (RFC 9649, 2.3): type, length of what it holds, that, even."""
    at, exif, end = tf.constant(12), tf.constant(b""), tf.strings.length(content)
    while exif == b"" and at >= 0 and at < end:
        length = number_at(content, at + 4, tf.int32, little_endian=True)
        if bytes_at(content, at, 4) == _WEBP_EXIF:
            exif = bytes_at(content, at + 8, length)
        at = end if length < 0 else at + 8 + length + length % 2
    return exif


def _orientation_of(exif: tf.Tensor) -> tf.Tensor:
    """The orientation, 1 to 8, in a TIFF structure; 1 where it has none."""
    orientation, byte_order = tf.constant(_AS_STORED), bytes_at(exif, 0, 4)
    if byte_order == _TIFF_LITTLE_ENDIAN:
        orientation = _first_orientation(exif, little_endian=True)
    elif byte_order == _TIFF_BIG_ENDIAN:
        orientation = _first_orientation(exif, little_endian=False)
    return orientation if orientation >= 1 and orientation <= len(_TURNS) else _AS_STORED


def _first_orientation(exif: tf.Tensor, little_endian: bool) -> tf.Tensor:
    """What the first directory says, as far as there is one."""
    directory = number_at(exif, 4, tf.int32, little_endian)
    entries = number_at(exif, directory, tf.uint16, little_endian)
    content = bytes_at(exif, directory + 2, _TIFF_ENTRY * entries)
    content = tf.strings.join([content, bytes(2)])  # the unused ones of the last may be cut off
    whole = tf.strings.length(content) // _TIFF_ENTRY * _TIFF_ENTRY
    numbers = tf.io.decode_raw(bytes_at(content, 0, whole), tf.uint16, little_endian)
    numbers = tf.reshape(tf.cast(numbers, tf.int32), [-1, _TIFF_ENTRY // 2])
    found = tf.boolean_mask(numbers[:, 4], numbers[:, 0] == _ORIENTATION_TAG)
    return tf.concat([found, [_AS_STORED]], axis=0)[0]
