"""YuNet (Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023)."""

import keras
from keras import ops

from tfface.detectors.base import OFFSETS_SCOPE, SCORES_SCOPE
from tfface.detectors.point_detector import PointDetector
from tfface.layers.separable_unit import SeparableUnit
from tfface.layers.top_down_pyramid import enlarge

STRIDES = (8, 16, 32)
FIRST_CHANNELS = 16


@keras.saving.register_keras_serializable(package="tfface")
class YuNet(PointDetector):
    """The network of YuNet-n and YuNet-s, without landmarks; weights come from their ONNX files.

    The score is the square root of a class score times objectness. `scores` is its logit, so that
    training, distillation and selection are those of every detector.

    Args:
        channels: after the stages of strides 4 (two of them), 8, 16 and 32; 64 of each in YuNet-n,
            32, 64, 64, 64, 64 in YuNet-s.
        head_units: separable units of every level before the predictions: 1 in YuNet-n, 0 in
            YuNet-s.
    """

    pixel_mean = (0.0, 0.0, 0.0)

    def __init__(
        self,
        channels: tuple[int, ...] = (64, 64, 64, 64, 64),
        head_units: int = 1,
        **kwargs,
    ):
        if len(channels) != 2 + len(STRIDES):
            raise ValueError(f"expected the channels of 5 stages, got {tuple(channels)}")
        super().__init__(STRIDES, unit=1, **kwargs)
        self.channels = tuple(channels)
        self.head_units = head_units
        self.stem = keras.layers.Conv2D(FIRST_CHANNELS, 3, strides=2)
        self.stem_unit = SeparableUnit(FIRST_CHANNELS)
        inputs = (FIRST_CHANNELS, *self.channels[:-1])
        self.stages = [
            [SeparableUnit(before), SeparableUnit(after)]
            for before, after in zip(inputs, self.channels, strict=True)
        ]
        self.pyramid = [SeparableUnit(self.channels[-1]) for _ in STRIDES]
        self.head_stems = [
            [SeparableUnit(self.channels[-1]) for _ in range(head_units)] for _ in STRIDES
        ]
        self.objectness_heads = [self.make_head(1) for _ in STRIDES]
        self.build_symbolically()

    def make_head(self, channels: int, bias: float = 0.0) -> SeparableUnit:
        return SeparableUnit(channels, activate=False, bias=bias, dtype="float32")

    def feature_maps(self, pixels, training=None):
        # One pixel above and to the left, at even sides what the ONNX file's "pads 1" comes to.
        maps = ops.relu(self.stem(ops.pad(pixels, ((0, 0), (1, 0), (1, 0), (0, 0)))))
        maps = _halve(self.stem_unit(maps))
        levels = []
        for index, stage in enumerate(self.stages):
            if index > 1:
                maps = _halve(maps)
            for unit in stage:
                maps = unit(maps)
            levels.append(maps)
        merged = self.pyramid[-1](levels[-1])
        pyramid = [merged]
        for unit, level in zip(self.pyramid[-2::-1], levels[-2:1:-1], strict=True):
            merged = unit(level + enlarge(merged))
            pyramid.insert(0, merged)
        return [_through(stem, level) for stem, level in zip(self.head_stems, pyramid, strict=True)]

    def predict_points(self, maps: list) -> dict:
        def predict(heads):
            return [head(level) for head, level in zip(heads, maps, strict=True)]

        with keras.name_scope(SCORES_SCOPE):
            classes, objectness = predict(self.score_heads), predict(self.objectness_heads)
        with keras.name_scope(OFFSETS_SCOPE):
            offsets = predict(self.offset_heads)
        return {"classes": classes, "objectness": objectness, "offsets": offsets}

    def join(self, maps: dict) -> dict:
        """`offsets`, and `scores`: logits of the root of class score times objectness."""
        outputs = super().join(maps)
        classes, objectness = outputs["classes"], outputs["objectness"]
        logarithm = -0.5 * (ops.softplus(-classes) + ops.softplus(-objectness))
        scores = logarithm - ops.log(1.0 - ops.exp(logarithm) + 1e-7)
        return {"scores": scores, "offsets": outputs["offsets"]}

    def rescale_scores(self, scale: float, shift: float) -> None:
        raise ValueError(
            "expected a detector whose score is one logit, which can be rescaled, got YuNet, "
            "whose score is a product of two"
        )


def _halve(maps):
    return ops.max_pool(maps, 2, strides=2)


def _through(units, maps):
    for unit in units:
        maps = unit(maps)
    return maps
