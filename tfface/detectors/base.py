"""What every single-step detector shares: input, outputs, losses, prediction."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, grid_anchors
from tfface.boxes import decode
from tfface.detectors.train_step import TrainStep
from tfface.losses.multibox import multibox_losses
from tfface.nms import non_max_suppression
from tfface.sampling import annealed_ratio

IMAGE_MEAN = (123.0, 117.0, 104.0)
"""RGB mean subtracted from the picture: the Caffe VGG mean of the papers' code."""


@dataclass(frozen=True)
class LossSettings:
    """Weights of the training loss; the defaults are those of the papers' code.

    Attributes:
        negative_ratio: hard negatives for each positive (3 in the FaceBoxes paper; its released
            code has 7).
        initial_negative_ratio, mining_steps: within so many steps the ratio falls from the initial
            one (see `tfface.sampling.annealed_ratio`); 0 steps for the papers' constant ratio.
        minimum_negatives: hard negatives of a picture with few faces or none.
        regression_weight: weight of smooth L1 beside the softmax loss (1 in kd_fbi; 2 in FaceBoxes'
            code).
    """

    negative_ratio: float = 3.0
    initial_negative_ratio: float = 200.0
    mining_steps: int = 0
    minimum_negatives: int = 16
    regression_weight: float = 1.0


class Detector(TrainStep):
    """A picture in, two maps out: class logits and box offsets of every anchor.

    Call arguments:
        images: `(B, H, W, 3)` RGB in 0..255, uint8 or float; H and W multiples of
            `stride_multiple`.

    Returns:
        `{"logits": (B, A, 2), "offsets": (B, A, 4)}`, float32. Class 0 is background, class 1 face;
        offsets are those of `tfface.boxes.encode`; anchors in the order of
        `tfface.anchors.grid_anchors`.

    Subclasses set `anchor_levels` before calling this constructor, build their layers, end their
    constructor with `self.build_symbolically()` and write `feature_maps(images, training)`, one map
    per anchor level.
    """

    stride_multiple = 32
    head_kernel_size = 3
    loss_names = ("classification", "regression")
    heads: list[keras.layers.Conv2D]

    def __init__(self, anchor_levels: Sequence[AnchorLevel], **kwargs):
        super().__init__(self.loss_names, **kwargs)
        self.anchor_levels = tuple(anchor_levels)
        self.loss_settings = LossSettings()
        self.trained_strides = tuple(level.stride for level in self.anchor_levels)
        self.heads = [
            keras.layers.Conv2D(
                6 * level.anchors_per_cell,
                self.head_kernel_size,
                padding="same",
                kernel_initializer="glorot_uniform",
                dtype="float32",
                name=f"head_stride_{level.stride}",
            )
            for level in self.anchor_levels
        ]

    def build_symbolically(self) -> None:
        """Creates all weights: a detector can be saved and loaded before it saw a picture."""
        self(keras.Input((128, 128, 3)))

    def feature_maps(self, images, training=None) -> list:
        raise NotImplementedError(f"{type(self).__name__} must return one map per anchor level.")

    def own_layers(self, stride: int) -> list[keras.layers.Layer]:
        """The layers that only the level of that stride uses, without its head."""
        return []

    def train_only(self, strides: Sequence[int]) -> None:
        """Leaves everything as it is but the heads of some levels and the layers of their own.

        The faces of the other levels are neither learned nor background then.

        Raises:
            ValueError: a stride that no level has.
        """
        known = [level.stride for level in self.anchor_levels]
        if not set(strides) <= set(known):
            raise ValueError(f"expected strides of {known} to train, got {list(strides)}")
        self.trained_strides = tuple(strides)
        for layer in self.layers:
            layer.trainable = False
        for stride, head in zip(known, self.heads, strict=True):
            for layer in [head, *self.own_layers(stride)]:
                layer.trainable = stride in strides

    def _trained_anchors(self, height: int, width: int) -> np.ndarray:
        """Which anchors over an image learn: bool `(A,)`."""
        return np.concatenate(
            [
                np.full(
                    np.prod(level.grid_shape(height, width)) * level.anchors_per_cell,
                    level.stride in self.trained_strides,
                )
                for level in self.anchor_levels
            ]
        )

    def call(self, images, training=None):
        images = ops.cast(images, self.compute_dtype) - ops.array(IMAGE_MEAN, self.compute_dtype)
        predictions = []
        for head, feature_map in zip(
            self.heads, self.feature_maps(images, training=training), strict=True
        ):
            prediction = head(feature_map)
            predictions.append(ops.reshape(prediction, (ops.shape(prediction)[0], -1, 6)))
        prediction = ops.concatenate(predictions, axis=1)
        return {"logits": prediction[..., :2], "offsets": prediction[..., 2:]}

    def compute_losses(self, images, targets, outputs, step=0) -> dict:
        """Scalar losses by name; their sum is minimised.

        Args:
            images: the batch.
            targets: `{"labels": (B, A), "offsets": (B, A, 4)}` of `tfface.matching`.
            outputs: what `call` returned.
            step: of the run; `mining_steps` of the settings counts them.
        """
        settings = self.loss_settings
        if len(self.trained_strides) < len(self.anchor_levels):
            trained = self._trained_anchors(*images.shape[1:3])
            targets = {**targets, "labels": ops.where(trained, targets["labels"], -1)}
        ratio = annealed_ratio(
            step, settings.mining_steps, settings.initial_negative_ratio, settings.negative_ratio
        )
        return multibox_losses(targets, outputs, settings, ratio)

    def predict_boxes(
        self, image: np.ndarray, score_threshold=0.05, iou_threshold=0.3, candidates=1000
    ):
        """Faces of one picture.

        Args:
            image: `(H, W, 3)` RGB in 0..255, of any size.
            score_threshold: candidates below it are dropped.
            iou_threshold: overlap above which the lower of two candidates is dropped.
            candidates: the most candidates that enter non-maximum suppression.

        Returns:
            boxes float32 `(n, 4)` in pixels of the picture and scores float32 `(n,)` in falling
            order.
        """
        height, width = image.shape[:2]
        multiple = self.stride_multiple
        padding = ((0, -height % multiple), (0, -width % multiple), (0, 0))
        padded = np.pad(np.asarray(image, "float32"), padding)
        outputs = self(padded[None], training=False)
        return select_faces(
            ops.convert_to_numpy(outputs["logits"])[0],
            ops.convert_to_numpy(outputs["offsets"])[0],
            grid_anchors(self.anchor_levels, *padded.shape[:2]),
            score_threshold,
            iou_threshold,
            candidates,
        )


def select_faces(
    logits, offsets, anchors, score_threshold=0.05, iou_threshold=0.3, candidates=1000
):
    """Faces of one picture from the outputs of a detector: NumPy in, NumPy out.

    Args:
        logits: `(A, 2)`; offsets: `(A, 4)`; anchors: `(A, 4)`.
        score_threshold, iou_threshold, candidates: as in `Detector.predict_boxes`.

    Returns:
        boxes float32 `(n, 4)` and scores float32 `(n,)` in falling order.
    """
    # By the logits, because the scores of the best may all have become 1.
    margins = logits[:, 1] - logits[:, 0]
    best = np.argsort(-margins, kind="stable")[:candidates]
    scores = 1.0 / (1.0 + np.exp(-np.clip(margins, -80.0, 80.0)))
    best = best[scores[best] >= score_threshold]
    boxes = ops.convert_to_numpy(decode(ops.array(offsets[best]), ops.array(anchors[best])))
    keep = non_max_suppression(boxes, scores[best], iou_threshold)
    return boxes[keep], scores[best][keep].astype(np.float32)
