"""Receptive field enhancement (RFE): rectangles beside the squares that a network sees."""

import keras
from keras import ops

from tfface.layers.composite import CompositeLayer

KERNELS = ((1, 5), (5, 1), (1, 3), (3, 1))
"""Rows and columns that the branches see (RefineFace, section 3.5: 1xk and kx1, k = 3 and 5)."""


@keras.saving.register_keras_serializable(package="tfface")
class ReceptiveFieldEnhancement(CompositeLayer):
    """Four branches with rectangular kernels and a shortcut (RefineFace, section 3.5, figure 7a).

    A branch is a 1x1 convolution to a quarter of the channels, a rectangular one, and a 1x1 one;
    after the branches are concatenated a 1x1 convolution mixes them. Every convolution has a ReLU
    (as in the code of SRN), and the shortcut is added to the last. It fits into any head.

    Args:
        filters: channels of input and output, a multiple of 4.

    Call arguments:
        maps: `(B, H, W, filters)`.

    Returns:
        `(B, H, W, filters)`.

    Raises:
        ValueError: channels that are no multiple of 4.
    """

    def __init__(self, filters: int, **kwargs):
        super().__init__(**kwargs)
        if filters < 1 or filters % len(KERNELS):
            raise ValueError(
                f"expected filters in a multiple of {len(KERNELS)}, a part for each branch, "
                f"got {filters}"
            )
        self.filters = filters
        quarter = filters // len(KERNELS)
        self.branches = [
            [_convolution(quarter, kernel) for kernel in ((1, 1), rectangle, (1, 1))]
            for rectangle in KERNELS
        ]
        self.fusion = _convolution(filters, (1, 1))

    def call(self, maps):
        outputs = []
        for branch in self.branches:
            output = maps
            for convolution in branch:
                output = convolution(output)
            outputs.append(output)
        return self.fusion(ops.concatenate(outputs, axis=-1)) + maps

    def get_config(self):
        return {**super().get_config(), "filters": self.filters}


def _convolution(filters: int, kernel: tuple[int, int]) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(filters, kernel, padding="same", activation="relu")
