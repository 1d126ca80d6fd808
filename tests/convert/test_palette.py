"""convert.palette: BMP files whose pixels are numbers of colours."""

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
import tensorflow as tf

from convert.palette import coloured

Image = pytest.importorskip("PIL.Image", reason="writes BMP files with a palette")

COMPRESSION_AT = 30
RUN_LENGTHS = 1


@pytest.fixture(scope="module")
def read() -> Callable[[bytes], np.ndarray]:
    """`read(CONTENT)`: a file as an exported graph decodes it."""

    @tf.function(input_signature=[tf.TensorSpec((), tf.string)])
    def decoded(content: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(content, channels=3, expand_animations=False)
        return coloured(tf.ensure_shape(image, (None, None, 3)), content)

    return lambda content: decoded(content).numpy()


def bmp(mode: str, colours: int = 256) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    image = Image.fromarray(pixels)
    image = image.quantize(colours) if mode == "P" else image.convert(mode)
    file = BytesIO()
    image.save(file, "BMP")
    return file.getvalue()


@pytest.mark.parametrize("content", [bmp("P"), bmp("P", 40), bmp("L"), bmp("RGB"), bmp("RGBA")])
def test_a_picture_has_the_colours_of_its_file(read, content: bytes) -> None:
    expected = Image.open(BytesIO(content)).convert("RGB")
    np.testing.assert_array_equal(read(content), expected)


def test_other_formats_have_none(read) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    np.testing.assert_array_equal(read(tf.io.encode_png(pixels).numpy()), pixels)


def test_run_lengths_are_refused(read) -> None:
    content = bytearray(bmp("P"))
    content[COMPRESSION_AT] = RUN_LENGTHS
    with pytest.raises(tf.errors.InvalidArgumentError, match="a BMP file without compression"):
        read(bytes(content))


def test_a_palette_beyond_the_end_is_black(read) -> None:
    content = bytearray(bmp("P"))
    content[14:18] = (2**31 - 1).to_bytes(4, "little")  # the palette is beyond the end
    assert not read(bytes(content)).any()
