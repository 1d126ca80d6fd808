"""VGG-16 (arXiv:1409.1556) as detectors of SSD's kind have it: a picture in, six maps out."""

import keras
from keras import ops

from tfface.layers.composite import CompositeLayer
from tfface.layers.l2_normalization import L2Normalization

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and 3x3 convolutions of each stage (configuration D of the paper)."""

FULLY_CONNECTED = 1024
"""Channels of fc6 and fc7 as convolutions, of which SSD (arXiv:1512.02325) keeps every fourth."""

DILATION = 3
"""Of fc6 as a convolution (the released code of S3FD)."""

STEPS = ((256, 512), (128, 256))
"""Channels of the 1x1 and the 3x3 convolution of conv6 and conv7 (S3FD, arXiv:1708.05237)."""

SCALES = {"conv3_3": 10.0, "conv4_3": 8.0, "conv5_3": 5.0}
"""First scales of L2 normalisation (S3FD, section 3.1)."""

PIXEL_DEVIATION = 58.0
"""Standard deviation of the pixels of pictures, 0..255."""


@keras.saving.register_keras_serializable(package="tfface")
class VGG16(CompositeLayer):
    """The convolutions of VGG-16 with fc6 and fc7 as convolutions, and two steps more, as in S3FD.

    Every convolution has a bias and a ReLU, and there is no batch normalisation. The first weights
    keep the variance of what passes (He, arXiv:1502.01852), from pixels in 0..255 minus their mean
    on, so that it also trains without weights of ImageNet.

    Args:
        width: multiplier of all channels.

    Call arguments:
        pixels: `(B, H, W, 3)`, a mean subtracted, sides multiples of 32.

    Returns:
        `{"conv3_3": ..., "conv4_3": ..., "conv5_3": ..., "fc7": ..., "conv6_2": ...,
        "conv7_2": ...}`, maps of strides 4 to 128; the first three L2-normalised.

    Raises:
        ValueError: a width that leaves no whole number of channels.
    """

    def __init__(self, width: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        smallest = STAGES[0][0] * width
        if width <= 0 or smallest != int(smallest):
            raise ValueError(
                f"expected a width that gives whole numbers of channels, such as 0.25, got {width}"
            )
        self.width = width

        def convolution(channels: int, kernel_size: int = 3, deviation: float = 1.0, **options):
            return keras.layers.Conv2D(
                int(channels * width),
                kernel_size,
                activation="relu",
                kernel_initializer=keras.initializers.VarianceScaling(
                    2.0 / deviation**2, "fan_in", "truncated_normal"
                ),
                **options,
            )

        self.stages = [
            [
                convolution(
                    channels,
                    padding="same",
                    deviation=PIXEL_DEVIATION if (stage, number) == (0, 0) else 1.0,
                )
                for number in range(count)
            ]
            for stage, (channels, count) in enumerate(STAGES)
        ]
        self.fc6 = convolution(FULLY_CONNECTED, padding="same", dilation_rate=DILATION)
        self.fc7 = convolution(FULLY_CONNECTED, 1)
        self.steps = [
            (convolution(inner, 1), convolution(channels, strides=2)) for inner, channels in STEPS
        ]
        self.normalizations = {name: L2Normalization(scale) for name, scale in SCALES.items()}

    def call(self, pixels):
        maps, outputs = pixels, {}
        for stage, convolutions in enumerate(self.stages, 1):
            for layer in convolutions:
                maps = layer(maps)
            name = f"conv{stage}_{len(convolutions)}"
            if name in self.normalizations:
                outputs[name] = self.normalizations[name](maps)
            maps = ops.max_pool(maps, 2, strides=2)
        maps = outputs["fc7"] = self.fc7(self.fc6(maps))
        for number, (reduction, convolution) in enumerate(self.steps, 6):
            # One cell on every side, whether the sides are odd or even.
            maps = ops.pad(reduction(maps), ((0, 0), (1, 1), (1, 1), (0, 0)))
            maps = outputs[f"conv{number}_2"] = convolution(maps)
        return outputs

    def get_config(self):
        return {**super().get_config(), "width": self.width}
