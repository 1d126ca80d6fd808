"""FFMM, the facial feature masking module: cells that matter for no face are set to zero."""

import math

import keras
from keras import ops

from tfface.detectors.scopes import MASK_STEPS_SCOPE, MASKS_SCOPE
from tfface.layers.composite import CompositeLayer
from tfface.layers.two_class_head import LOGITS, face_logits

THRESHOLD = 0.01
"""Th_Mask of feature_masking, section 4.2."""

STEEPNESS = 100.0
"""Of the step by which the network decides in inference, for a difference of logits of 1."""


@keras.saving.register_keras_serializable(package="tfface")
class FeatureMask(CompositeLayer):
    """Predicts which cells of a map belong to faces, and keeps only those.

    A 3x3 convolution to two logits and a softmax give the probability that a cell belongs to a face
    (feature_masking, equation 1). Where it is above the threshold the binary mask is 1, else 0
    (equation 2), and every channel of the map is multiplied by it.

    No gradient flows through the binary mask: it depends on the logits by a step. The convolution
    learns from the mask loss alone, which also reaches the map through it, and the losses behind
    the mask reach the map where it is 1.

    Args:
        threshold: probability above which a cell is kept, between 0 and 1.

    Call arguments:
        features: `(B, H, W, C)`.

    Returns:
        The masked map, as `features`, and float32 `(B, H, W)`, logits of a face.

    Raises:
        ValueError: another threshold.
    """

    def __init__(self, threshold: float = THRESHOLD, **kwargs):
        super().__init__(**kwargs)
        if not 0.0 < threshold < 1.0:
            raise ValueError(f"expected a threshold between 0 and 1, got {threshold}")
        self.threshold = threshold
        self.predictor = keras.layers.Conv2D(LOGITS, 3, padding="same", dtype="float32")

    @property
    def lowest_logit(self) -> float:
        """The threshold as a logit."""
        return math.log(self.threshold / (1.0 - self.threshold))

    def call(self, features):
        logits = face_logits(self.predictor(features))
        mask = ops.stop_gradient(ops.cast(logits > self.lowest_logit, features.dtype))
        return features * mask[..., None], logits

    def apply_in_inference(self, features) -> tuple:
        """The masked map and the mask float32 `(B, H, W, 1)`, by operations that XNNPACK runs.

        It has no comparison, whose result would have to be cast besides. A steep ramp that is cut
        at both ends, as part of the convolution, is one for all logits but those that exceed the
        threshold by less than 6 / `STEEPNESS`: there a part of the map is kept.
        """
        # Under a policy of mixed precision variables come in its type.
        kernel = ops.cast(self.predictor.kernel, "float32")
        bias = ops.cast(self.predictor.bias, "float32")
        kernel = STEEPNESS * (kernel[..., 1:] - kernel[..., :1])
        bias = STEEPNESS * (bias[1:] - bias[:1] - self.lowest_logit)
        with keras.name_scope(MASK_STEPS_SCOPE):
            steps = ops.relu6(
                ops.conv(ops.cast(features, "float32"), kernel, padding="same") + bias
            )
        with keras.name_scope(MASKS_SCOPE):
            mask = steps * (1.0 / 6.0)
        return features * ops.cast(mask, features.dtype), mask

    def get_config(self):
        return {**super().get_config(), "threshold": self.threshold}
