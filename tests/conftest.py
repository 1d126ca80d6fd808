"""Tiny detectors, exported as TFLite and SavedModel, for the tests of everything that runs one."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, settings

ExportTFLite = Callable[[Callable[..., dict[str, Any]], Sequence[int | None], str], bytes]

SMALL: dict[str, dict[str, Any]] = {
    # At 0.25 XNNPACK of LiteRT 2.3 writes beyond its memory when it takes the int8 file.
    "FaceBoxes": {"width": 0.5},
    "FaceBoxesImproved": {"width": 0.25},
    "GroupedFPN": {"width": 0.125, "filters": 16},
    "GroupedFastRCNN": {"width": 0.125, "filters": 16, "roi_size": 3, "units": 16},
    "PlainFace": {"stem": 8, "channels": (8, 8, 8), "blocks": (1, 1, 1), "filters": 8},
    "PlainYuNet": {"channels": (8, 8, 8, 8, 8)},
    "PointFaceBoxes": {"width": 0.25},
    # Every level of two steps, and RFE, takes seconds to compile.
    "RefineFace": {
        "width": 0.125,
        "filters": 16,
        "two_step_regression": (6,),
        "two_step_classification": (3,),
        "receptive_field_enhancement": False,
    },
    "ResNetFPN": {"width": 0.125, "levels": (3, 4, 5, 6), "filters": 16},
    "UFSSD": {
        "width": 0.0625,
        "mask_levels": (0, 2),
        "feature_enhancement": True,
        "mask_dropout": 0.3,
    },
    "YuNet": {"channels": (8, 8, 8, 8, 8)},
}
"""Options that make each detector small enough for a test."""


# Under XLA, of TensorFlow and JAX, nearly all the time is spent on compiling what then runs once.
# Read when a process first compiles; those that tests start inherit it.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
)

# A shell has what it starts in its background ignore Ctrl-C, which the commands of tests inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What a busy machine makes slow is no failure: neither an example, nor drawing one.
# Under JAX, where tests are run again, an example of other shapes is compiled anew.
settings.register_profile(
    "tfface",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=10 if os.environ.get("KERAS_BACKEND") == "jax" else 100,
)
settings.load_profile("tfface")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest test first, so that no process waits for another at the end."""
    items.sort(key=lambda item: item.name != "test_under_jax")


def find_reddest_pixel(images: Any) -> dict[str, Any]:
    """A detector of pixels: two faces of three candidates in every picture.

    The first is the pixel with the largest R - G - B, its score R / 255; the second is the whole
    input, with score 0.25. The third is no face, and not counted.
    """
    import tensorflow as tf

    pixels = tf.cast(images, tf.float32)
    batch, height, width = (tf.shape(images)[axis] for axis in range(3))
    redness = pixels[..., 0] - pixels[..., 1] - pixels[..., 2]
    reddest = tf.argmax(tf.reshape(redness, [batch, -1]), axis=1, output_type=tf.int32)
    x, y = tf.cast(reddest % width, tf.float32), tf.cast(reddest // width, tf.float32)
    red = tf.gather(tf.reshape(pixels[..., 0], [batch, -1]), reddest, axis=1, batch_dims=1)
    zero = tf.zeros_like(x)
    right, bottom = zero + tf.cast(width, tf.float32), zero + tf.cast(height, tf.float32)
    pixel = tf.stack([x, y, x + 1.0, y + 1.0], axis=-1)
    everything = tf.stack([zero, zero, right, bottom], axis=-1)
    none = tf.stack([zero, zero, zero, zero], axis=-1)
    return {
        "boxes": tf.stack([pixel, everything, none], axis=1),
        "scores": tf.stack([red / 255.0, zero + 0.25, zero], axis=-1),
        "count": tf.fill([batch], 2),
    }


def export_saved_model(
    function: Callable[..., dict[str, Any]], shape: Sequence[int | None], dtype: str, folder: Path
) -> None:
    """Writes `function` as a SavedModel; its input has the name of the function's argument."""
    import tensorflow as tf

    # The name of the input in the signature is that of the TensorSpec.
    name = function.__code__.co_varnames[0]
    module = tf.Module()
    module.run = tf.function(function, input_signature=[tf.TensorSpec(shape, dtype, name)])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.run})


@pytest.fixture(scope="session")
def TinyDetector() -> Any:
    from tests.tiny_detector import TinyDetector

    return TinyDetector


@pytest.fixture(scope="session")
def picture() -> Any:
    """Noise, 128 x 160: black on its left third, so that not every place is alike."""
    import numpy as np

    image = np.random.default_rng(0).integers(0, 256, (128, 160, 3), dtype=np.uint8)
    image[:, :50] = 0
    return image


@pytest.fixture(scope="session")
def export_tflite(tmp_path_factory: pytest.TempPathFactory) -> ExportTFLite:
    """`export_tflite(function, shape, dtype)`: the bytes of a TFLite file."""

    def export(
        function: Callable[..., dict[str, Any]], shape: Sequence[int | None], dtype: str
    ) -> bytes:
        import tensorflow as tf

        folder = tmp_path_factory.mktemp("saved_model")
        export_saved_model(function, shape, dtype, folder)
        return tf.lite.TFLiteConverter.from_saved_model(str(folder)).convert()

    return export


@pytest.fixture(scope="session")
def tflite_content(export_tflite: ExportTFLite) -> bytes:
    """`find_reddest_pixel` as a TFLite file that takes pictures of any size."""
    return export_tflite(find_reddest_pixel, (1, None, None, 3), "uint8")


@pytest.fixture(scope="session")
def tflite_file(tflite_content: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`tflite_content` in a file."""
    file = tmp_path_factory.mktemp("tflite") / "reddest.tflite"
    file.write_bytes(tflite_content)
    return file


@pytest.fixture(scope="session")
def fixed_tflite_content(export_tflite: ExportTFLite) -> bytes:
    """`find_reddest_pixel` as a TFLite file that takes pictures 64 high and 96 wide only."""
    return export_tflite(find_reddest_pixel, (1, 64, 96, 3), "uint8")


@pytest.fixture(scope="session")
def saved_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`find_reddest_pixel` as a SavedModel that takes pictures of any size."""
    folder = tmp_path_factory.mktemp("saved_model")
    export_saved_model(find_reddest_pixel, (None, None, None, 3), "uint8", folder)
    return folder


def with_orientation(
    jpeg: bytes, orientation: int, byte_order: Literal["little", "big"] = "little"
) -> bytes:
    """A JPEG file with an EXIF segment after its first marker that holds nothing but the tag."""

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, byte_order)

    header = (b"II" if byte_order == "little" else b"MM") + number(42, 2) + number(8, 4)
    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + bytes(2)
    exif = b"Exif\0\0" + header + number(1, 2) + entry + bytes(4)
    return jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]


@pytest.fixture(name="with_orientation", scope="session")
def with_orientation_fixture() -> Callable[..., bytes]:
    return with_orientation


@pytest.fixture(scope="session")
def small_detector() -> Callable[[str], Any]:
    """`small_detector(NAME)`: a detector of the registry, untrained and small, always the same."""

    def make(name: str) -> Any:
        import keras

        from tfface.detectors.registry import detector_class

        keras.utils.set_random_seed(0)
        return detector_class(name)(**SMALL[name])

    return make
