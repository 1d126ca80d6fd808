"""The exported graphs: raw pixels in, faces out."""

from typing import Any

import keras
import tensorflow as tf

from convert.candidates import all_candidates
from convert.faces import Selection, select_faces
from convert.network import (
    join_levels,
    pad_to_multiple,
    predict_maps,
    size_of,
    split_heads,
)
from convert.orientation import turn_upright
from tfface.detectors.base import Detector
from tfface.predict import signature
from tfface.predict.placement import LONG_SIDE
from tfface.predict.runtime import Size

_FACES_OF_ONE = {
    "boxes": tf.TensorSpec((None, 4), tf.float32),
    "scores": tf.TensorSpec((None,), tf.float32),
    "count": tf.TensorSpec((), tf.int32),
}


class DetectionGraph(tf.Module):
    """A detector as functions of TensorFlow, with the signatures of `tfface.predict.signature`.

    Args:
        detector: a detector of tfface, as trained.
        selection: thresholds and limits, fixed in the graph.
        size: the only height and width it takes; None takes every size.
        batch: the only number of pictures it takes; None takes any.

    Raises:
        ValueError: Keras does not run on TensorFlow, or a side or the batch is below 1.
    """

    def __init__(
        self,
        detector: Detector,
        selection: Selection | None = None,
        size: Size | None = None,
        batch: int | None = None,
    ) -> None:
        super().__init__()
        if keras.backend.backend() != "tensorflow":
            raise ValueError(
                "expected Keras to run on TensorFlow, which writes the file, got the backend "
                f"{keras.backend.backend()}; set KERAS_BACKEND=tensorflow"
            )
        if size is not None and min(size) < 1:
            raise ValueError(f"expected a size of at least 1x1 pixels, got {size[0]}x{size[1]}")
        if batch is not None and batch < 1:
            raise ValueError(f"expected a batch of at least 1 picture, got {batch}")
        # What is in attributes is saved, and only the values of the weights shall be: the converter
        # loses the weights of a Keras model in silence, and a SavedModel would need Keras.
        self.weight_values = [variable.value for variable in detector.weights]
        pictures = tf.TensorSpec((batch, *(size or (None, None)), 3), tf.uint8, signature.INPUT)
        files = tf.TensorSpec((batch,), tf.string, signature.ENCODED_INPUT)
        maps = _maps_function(detector)
        detect = _detection_function(detector, maps, selection or Selection())
        self.functions = {
            signature.NAME: tf.function(detect, input_signature=[pictures]),
            signature.CANDIDATES: tf.function(
                _candidates_function(detector, maps), input_signature=[pictures]
            ),
        }
        if size is None:
            self.functions[signature.ENCODED] = tf.function(
                _encoded_function(detect), input_signature=[files]
            )

    def signatures(self) -> dict[str, Any]:
        """The functions by the names under which they are saved."""
        return {name: function.get_concrete_function() for name, function in self.functions.items()}


def _maps_function(detector: Detector) -> Any:
    heads = split_heads(detector)

    def maps(images: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
        return predict_maps(detector, heads, pad_to_multiple(images, detector.stride_multiple))

    return maps


def _candidates_function(detector: Detector, maps: Any) -> Any:
    def candidates(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return all_candidates(maps(images), detector.anchor_levels)

    return candidates


def _detection_function(detector: Detector, maps: Any, selection: Selection) -> Any:
    def detect(images: tf.Tensor) -> dict[str, tf.Tensor]:
        levels = maps(images)
        grids = [size_of(differences) for differences, _ in levels]
        differences, offsets = join_levels(levels)
        picture_size = size_of(images)

        def faces_of_one(of_one: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
            return select_faces(*of_one, detector.anchor_levels, grids, picture_size, selection)

        batch = images.shape[0]
        if batch is None:
            return tf.map_fn(
                faces_of_one, (differences, offsets), fn_output_signature=_FACES_OF_ONE
            )
        each = zip(_pictures_of(differences, batch), _pictures_of(offsets, batch), strict=True)
        faces = [faces_of_one(of_one) for of_one in each]
        return {
            name: tf.concat([of_one[name][None] for of_one in faces], axis=0)
            for name in _FACES_OF_ONE
        }

    return detect


def _pictures_of(maps: tf.Tensor, batch: int) -> list[tf.Tensor]:
    """What a batch holds of every picture; not by indexing, which would copy number by number."""
    each = [maps] if batch == 1 else tf.split(maps, batch)
    return [tf.squeeze(of_one, axis=0) for of_one in each]


def _reduce_to(image: tf.Tensor, long_side: int) -> tf.Tensor:
    """A picture uint8 `(H, W, 3)`, scaled down where its longer side is above `long_side`."""
    size = tf.shape(image)[:2]
    longer = tf.reduce_max(size)
    scale = tf.cast(long_side, tf.float64) / tf.cast(longer, tf.float64)

    def reduced() -> tf.Tensor:
        scaled = tf.maximum(tf.round(tf.cast(size, tf.float64) * scale), 1.0)
        pixels = tf.image.resize(image, tf.cast(scaled, tf.int32), "area")
        return tf.saturate_cast(tf.round(pixels), tf.uint8)

    return tf.cond(longer > long_side, reduced, lambda: image)


def _encoded_function(detect: Any) -> Any:
    """`detect` for the bytes of picture files, each of its own size.

    As in `FaceDetector.detect`, a picture larger than `LONG_SIDE` is reduced to that.
    """

    def detect_encoded(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        def faces_of_file(content: tf.Tensor) -> dict[str, tf.Tensor]:
            image = tf.io.decode_image(content, channels=3, expand_animations=False)
            image = turn_upright(tf.ensure_shape(image, (None, None, 3)), content)
            reduced = _reduce_to(image, LONG_SIDE)
            faces = {name: value[0] for name, value in detect(reduced[None]).items()}
            # Height and width of the picture for each pixel of the reduced one.
            scale = tf.cast(tf.shape(image)[:2] / tf.shape(reduced)[:2], tf.float32)
            return faces | {"boxes": faces["boxes"] * tf.tile(scale[::-1], [2])}

        return tf.map_fn(faces_of_file, encoded, fn_output_signature=_FACES_OF_ONE)

    return detect_encoded
