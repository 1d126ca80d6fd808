"""The exported graphs: raw pixels in, faces out."""

from typing import Any

import keras
import tensorflow as tf

from convert.candidates import all_candidates
from convert.faces import select_faces
from convert.network import pad_to_multiple, predict_maps, size_of
from convert.orientation import turn_upright
from convert.palette import coloured
from tfface.detectors.base import Detector
from tfface.predict import signature
from tfface.predict.placement import LONG_SIDE
from tfface.predict.runtime import Size
from tfface.predict.selection import Selection

_FACES_OF_ONE = {
    "boxes": tf.TensorSpec((None, 4), tf.float32),
    "scores": tf.TensorSpec((None,), tf.float32),
    "count": tf.TensorSpec((), tf.int32),
}


class DetectionGraph(tf.Module):
    """A detector as functions of TensorFlow, with the signatures of `tfface.predict.signature`.

    Args:
        detector: a detector of tfface, as trained.
        selection: thresholds and limits, fixed in the graph; None for those of the detector.
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
        self.weight_values = [variable.value for variable in detector.inference_weights()]
        pictures = tf.TensorSpec((batch, *(size or (None, None)), 3), tf.uint8, signature.INPUT)
        files = tf.TensorSpec((batch,), tf.string, signature.ENCODED_INPUT)
        run = _outputs_function(detector)
        detect = _detection_function(detector, run, selection or detector.selection)
        self.functions = {
            signature.NAME: _graph_of(detect, pictures),
            signature.CANDIDATES: _graph_of(_candidates_function(detector, run), pictures),
        }
        if size is None:
            # Of files, what EXIF says is read by statements, which AutoGraph rewrites.
            encoded = _encoded_function(tf.autograph.experimental.do_not_convert(detect))
            self.functions[signature.ENCODED] = tf.function(encoded, input_signature=[files])

    def signatures(self) -> dict[str, Any]:
        """The functions by the names under which they are saved."""
        return {name: function.get_concrete_function() for name, function in self.functions.items()}


def _graph_of(function: Any, spec: tf.TensorSpec) -> Any:
    """A graph of `function`, which has no statements that AutoGraph would have to rewrite."""
    return tf.function(function, input_signature=[spec], autograph=False)


def _outputs_function(detector: Detector) -> Any:
    """Pictures to the outputs of the detector, and the size of its input."""

    def outputs(images: tf.Tensor) -> tuple[dict[str, tf.Tensor], tuple[Any, Any]]:
        if images.shape[0] is None:
            # Of what a SavedModel is given TensorFlow checks the type alone, and works on, with
            # memory for pictures of the shape in the signature. LiteRT refuses others by itself.
            images = tf.ensure_shape(images, images.shape)
            some = tf.debugging.assert_positive(
                tf.size(images), "expected one picture or more, with pixels in each"
            )
            with tf.control_dependencies([some]):
                images = tf.identity(images)
        padded = pad_to_multiple(images, detector.stride_multiple)
        return detector.join(predict_maps(detector, padded)), size_of(padded)

    return outputs


def _candidates_function(detector: Detector, run: Any) -> Any:
    def candidates(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return all_candidates(detector, *run(images))

    return candidates


def _detection_function(detector: Detector, run: Any, selection: Selection) -> Any:
    def detect(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs, input_size = run(images)
        picture_size = size_of(images)

        def faces_of_one(of_one: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
            return select_faces(detector, of_one, input_size, picture_size, selection)

        batch = images.shape[0]
        if batch is None:
            with_batch_axis = {name: value[:, None] for name, value in outputs.items()}
            return tf.map_fn(faces_of_one, with_batch_axis, fn_output_signature=_FACES_OF_ONE)
        # Not by indexing, which would copy number by number.
        each = {name: tf.split(value, batch) for name, value in outputs.items()}
        faces = [
            faces_of_one({name: values[index] for name, values in each.items()})
            for index in range(batch)
        ]
        return {
            name: tf.concat([of_one[name][None] for of_one in faces], axis=0)
            for name in _FACES_OF_ONE
        }

    return detect


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


def _decoded(content: tf.Tensor) -> tf.Tensor:
    """The first picture in a file, uint8 `(H, W, 3)`.

    TensorFlow decodes WebP with as many channels as the file has, and with no other number.
    """
    long_enough = tf.strings.join([content, " " * 12])
    is_webp = tf.strings.substr(long_enough, 8, 4) == b"WEBP"

    def decoded(channels: int) -> tf.Tensor:
        image = tf.io.decode_image(content, channels=channels, expand_animations=False)
        return tf.ensure_shape(image, (None, None, channels or None))

    return tf.cond(is_webp, lambda: decoded(0)[..., :3], lambda: decoded(3))


def _encoded_function(detect: Any) -> Any:
    """`detect` for the bytes of picture files, each of its own size.

    As in `FaceDetector.detect`, a picture larger than `LONG_SIDE` is reduced to that.
    """

    def detect_encoded(encoded: tf.Tensor) -> dict[str, tf.Tensor]:
        def faces_of_file(content: tf.Tensor) -> dict[str, tf.Tensor]:
            image = _decoded(content)
            image = coloured(tf.ensure_shape(image, (None, None, 3)), content)
            image = turn_upright(image, content)
            reduced = _reduce_to(image, LONG_SIDE)
            faces = {name: value[0] for name, value in detect(reduced[None]).items()}
            # Height and width of the picture for each pixel of the reduced one.
            scale = tf.cast(tf.shape(image)[:2] / tf.shape(reduced)[:2], tf.float32)
            return faces | {"boxes": faces["boxes"] * tf.tile(scale[::-1], [2])}

        return tf.map_fn(faces_of_file, encoded, fn_output_signature=_FACES_OF_ONE)

    return detect_encoded
