"""The colours of BMP files with a palette, as part of an exported graph.

TensorFlow decodes the numbers of the colours, and takes them for grey. A file header of 14 bytes
comes first, with the size of the header behind it in that one's first field; then the palette, of
four bytes a colour: blue, green, red, and none.
"""

import tensorflow as tf

from convert.file_bytes import bytes_at, number_at

_BMP = b"BM"
_FILE_HEADER = 14
_BITS_AT, _COMPRESSION_AT = 28, 30
_COLOURS = 256


def coloured(image: tf.Tensor, content: tf.Tensor) -> tf.Tensor:
    """A picture uint8 `(H, W, 3)` in the colours of its palette, if its file has one.

    Args:
        image: as TensorFlow decodes the file.
        content: string `()`, the file.

    Raises:
        InvalidArgumentError: one with a palette is compressed, which TensorFlow does not see.
    """
    bits = number_at(content, _BITS_AT, tf.uint16, little_endian=True)
    if bytes_at(content, 0, len(_BMP)) == _BMP and bits == 8:
        compression = number_at(content, _COMPRESSION_AT, tf.int32, little_endian=True)
        tf.debugging.assert_equal(compression, 0, "expected a BMP file without compression")
        image = tf.gather(_palette(content), tf.cast(image[..., 0], tf.int32))
    return image


def _palette(content: tf.Tensor) -> tf.Tensor:
    """RGB uint8 `(256, 3)`; colours that a file does not have are in none of its pixels."""
    at = _FILE_HEADER + number_at(content, _FILE_HEADER, tf.int32, little_endian=True)
    size = 4 * _COLOURS
    entries = tf.io.decode_raw(bytes_at(content, at, size), tf.uint8, fixed_length=size)
    return tf.reshape(entries, (_COLOURS, 4))[:, 2::-1]
