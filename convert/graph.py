"""The exported graph: raw pixels in, faces out."""

from typing import Any

import keras
import tensorflow as tf

from convert.faces import Selection, select_faces
from convert.network import pad_to_multiple, predict_maps, size_of, split_heads
from tfface.detectors.base import Detector
from tfface.predict import signature
from tfface.predict.runtime import Size


class DetectionGraph(tf.Module):
    """A detector as a function of TensorFlow, with the signature of `tfface.predict.signature`.

    Args:
        detector: a detector of tfface, as trained.
        selection: thresholds and limits, fixed in the graph.
        size: the only height and width it takes; None takes every size.
        batch: the only number of pictures it takes; None takes any.

    Raises:
        ValueError: Keras does not run on TensorFlow, or a side is below 1.
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
        # What is in attributes is saved, and only the values of the weights shall be: the converter
        # loses the weights of a Keras model in silence, and a SavedModel would need Keras.
        self.weight_values = [variable.value for variable in detector.weights]
        self.detect = tf.function(
            _detection_function(detector, selection or Selection()),
            input_signature=[
                tf.TensorSpec((batch, *(size or (None, None)), 3), tf.uint8, signature.INPUT)
            ],
        )

    def signatures(self) -> dict[str, Any]:
        """The function by the name under which it is saved."""
        return {signature.NAME: self.detect.get_concrete_function()}


def _detection_function(detector: Detector, selection: Selection) -> Any:
    heads, levels = split_heads(detector), detector.anchor_levels

    def detect(images: tf.Tensor) -> dict[str, tf.Tensor]:
        picture_size = size_of(images)
        padded = pad_to_multiple(images, detector.stride_multiple)
        differences, offsets, grids = predict_maps(detector, heads, padded)

        def faces_of_one(maps: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
            return select_faces(*maps, levels, grids, picture_size, selection)

        if images.shape[0] == 1:
            # Not `[0]`, which would copy the maps number by number.
            faces = faces_of_one((tf.squeeze(differences, axis=0), tf.squeeze(offsets, axis=0)))
            return {name: value[None] for name, value in faces.items()}
        types = {"boxes": tf.float32, "scores": tf.float32, "count": tf.int32}
        return tf.map_fn(faces_of_one, (differences, offsets), fn_output_signature=types)

    return detect
