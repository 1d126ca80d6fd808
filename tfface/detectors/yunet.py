"""YuNet (Wu, Peng and Yu, YuNet: a tiny millisecond-level face detector, 2023)."""

import keras
from keras import ops

from tfface.detectors.point_detector import PointDetector
from tfface.detectors.scopes import OFFSETS_SCOPE, SCORES_SCOPE
from tfface.layers.separable_unit import SeparableUnit
from tfface.layers.top_down_pyramid import enlarge

STRIDES = (8, 16, 32)
FIRST_CHANNELS = 16


class YuNetBase(PointDetector):
    """Stages, pyramid and heads of separable units from stride 8 on.

    Subclasses write `make_entry` and `entry`, which make what they begin with.

    Args:
        channels: of the entry at stride 4 and at its end, and of the maps of strides 8, 16 and 32.
        head_units: separable units of every level before the predictions.
    """

    def __init__(self, channels: tuple[int, ...], head_units: int, **kwargs):
        if len(channels) != 2 + len(STRIDES):
            raise ValueError(f"expected the channels of 5 stages, got {tuple(channels)}")
        super().__init__(STRIDES, unit=1, **kwargs)
        self.channels = tuple(channels)
        self.head_units = head_units
        later = zip(self.channels[1:-1], self.channels[2:], strict=True)
        self.stages = [*self.make_entry(), *(_stage(*pair) for pair in later)]
        self.pyramid = [SeparableUnit(self.channels[-1]) for _ in STRIDES]
        self.head_stems = [
            [SeparableUnit(self.channels[-1]) for _ in range(head_units)] for _ in STRIDES
        ]

    def make_entry(self) -> list:
        """Makes the layers of `entry`; returns the stages of separable units among them."""
        raise NotImplementedError(f"{type(self).__name__} must make its first layers.")

    def entry(self, pixels, training=None):
        """What the stage of stride 8 begins with, `(B, H / 8, W / 8, channels[1])`."""
        raise NotImplementedError(f"{type(self).__name__} must return a map of stride 8.")

    def make_head(self, channels: int, bias: float = 0.0) -> SeparableUnit:
        return SeparableUnit(channels, activate=False, bias=bias, dtype="float32")

    def backbone_maps(self, pixels, training=None):
        finest, *later = self.stages[-len(STRIDES) :]
        levels = [_through(finest, self.entry(pixels, training=training))]
        for stage in later:
            levels.append(_through(stage, _halve(levels[-1])))
        return levels

    def neck_maps(self, levels, training=None):
        merged = self.pyramid[-1](levels[-1])
        pyramid = [merged]
        for unit, level in zip(self.pyramid[-2::-1], levels[-2::-1], strict=True):
            merged = unit(level + enlarge(merged))
            pyramid.insert(0, merged)
        return [_through(stem, level) for stem, level in zip(self.head_stems, pyramid, strict=True)]

    def layers_behind_entry(self) -> list[SeparableUnit]:
        """The units of later stages, pyramid and heads, in an order that all of a kind share."""
        units = [unit for stage in self.stages[-len(STRIDES) :] for unit in stage]
        units += [*self.pyramid, *(unit for stem in self.head_stems for unit in stem)]
        return [*units, *self.score_heads, *self.offset_heads]


@keras.saving.register_keras_serializable(package="tfface")
class YuNet(YuNetBase):
    """The network of YuNet-n and YuNet-s, without landmarks; weights come from their ONNX files.

    The score is the square root of a class score times objectness. `scores` is its logit, so that
    training, distillation and selection are those of every detector.

    Args:
        channels: after the stages of strides 4 (two of them), 8, 16 and 32; 64 of each in YuNet-n,
            32, 64, 64, 64, 64 in YuNet-s.
        head_units: separable units of every level before the predictions: 1 in YuNet-n, 0 in
            YuNet-s.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (64, 64, 64, 64, 64),
        head_units: int = 1,
        **kwargs,
    ):
        super().__init__(channels, head_units, **kwargs)
        self.objectness_heads = [self.make_head(1) for _ in STRIDES]
        self.build_symbolically()

    def make_entry(self):
        self.stem = keras.layers.Conv2D(FIRST_CHANNELS, 3, strides=2)
        self.stem_unit = SeparableUnit(FIRST_CHANNELS)
        return [_stage(FIRST_CHANNELS, self.channels[0]), _stage(*self.channels[:2])]

    def entry(self, pixels, training=None):
        # One pixel above and to the left, at even sides what the ONNX file's "pads 1" comes to.
        maps = ops.relu(self.stem(ops.pad(pixels, ((0, 0), (1, 0), (1, 0), (0, 0)))))
        maps = _halve(self.stem_unit(maps))
        return _halve(_through(self.stages[1], _through(self.stages[0], maps)))

    def predict_points(self, maps: list) -> dict:
        # One scope for both scores: int8 knows them by it.
        with keras.name_scope(SCORES_SCOPE):
            classes, objectness = (
                [head(level) for head, level in zip(heads, maps, strict=True)]
                for heads in (self.score_heads, self.objectness_heads)
            )
        with keras.name_scope(OFFSETS_SCOPE):
            offsets = [head(level) for head, level in zip(self.offset_heads, maps, strict=True)]
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


def _stage(before: int, after: int) -> list[SeparableUnit]:
    return [SeparableUnit(before), SeparableUnit(after)]


def _halve(maps):
    return ops.max_pool(maps, 2, strides=2)


def _through(units, maps):
    for unit in units:
        maps = unit(maps)
    return maps
