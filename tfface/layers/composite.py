"""A layer made of other layers, which is built without a trace of its own."""

import keras


class CompositeLayer(keras.layers.Layer):
    """A layer all of whose weights are those of layers inside it, each built by its first call.

    A layer without `build` is built by Keras from a trace of `call` that precedes its first call.
    Where such layers are nested, each level doubles the traces of what is innermost.
    """

    def build(self, input_shape) -> None:
        self.built = True
