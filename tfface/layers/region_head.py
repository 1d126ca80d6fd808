"""The head of Fast R-CNN: what regions of a map show, and where exactly."""

import keras
from keras import ops

from tfface.layers.prediction_head import PRIOR_LOGIT


@keras.saving.register_keras_serializable(package="tfface")
class RegionHead(keras.layers.Layer):
    """Two fully connected layers with ReLU, a score and four offsets (arXiv:1504.08083, section 2).

    Args:
        units: of both layers.

    Call arguments:
        regions: `(n, size, size, C)`.

    Returns:
        Logits of a face `(n,)` and offsets `(n, 4)`, float32.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.hidden = [keras.layers.Dense(units, activation="relu") for _ in range(2)]
        self.classifier = keras.layers.Dense(
            1, bias_initializer=keras.initializers.Constant(PRIOR_LOGIT), dtype="float32"
        )
        self.regressor = keras.layers.Dense(4, dtype="float32")

    def build(self, input_shape):
        features = input_shape[1] * input_shape[2] * input_shape[3]
        for layer in (*self.hidden, self.classifier, self.regressor):
            layer.build((None, features))
            features = self.units
        super().build(input_shape)

    def call(self, regions):
        values = ops.reshape(regions, (-1, regions.shape[1] * regions.shape[2] * regions.shape[3]))
        for layer in self.hidden:
            values = layer(values)
        return ops.squeeze(self.classifier(values), axis=-1), self.regressor(values)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
