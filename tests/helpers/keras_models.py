"""Keras models as people write them: published generators, and one with every way to compute a convolution."""

import keras
from keras import layers, ops


def unet(size=None, widths=(8, 16, 32)):
    """Padded convolutions, strided ones on the way down, transposed ones on the way up; any size that 8 divides."""
    x = given = keras.Input((size, size, 3))
    skips = []
    for number, width in enumerate(widths):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"down{number}")(x)
        skips.append(x)
        x = layers.Conv2D(width, 3, strides=2, padding="same", name=f"halve{number}")(x)
    for number, (width, skip) in reversed(list(enumerate(zip(widths, skips, strict=True)))):
        x = layers.Conv2DTranspose(width, 4, strides=2, padding="same", name=f"up{number}")(x)
        x = layers.Conv2D(width, 3, padding="same", name=f"after{number}")(layers.Concatenate()([x, skip]))
    return keras.Model(given, layers.Conv2D(1, 1, name="last")(x))


def dcgan():
    """Radford, Metz, Chintala 2015: the generator."""
    return keras.Sequential([
        keras.Input((100,)), layers.Dense(4 * 4 * 64), layers.Reshape((4, 4, 64)),
        layers.Conv2DTranspose(32, 5, strides=2, padding="same", use_bias=False, name="up1"), layers.BatchNormalization(), layers.ReLU(),
        layers.Conv2DTranspose(16, 5, strides=2, padding="same", use_bias=False, name="up2"), layers.BatchNormalization(), layers.ReLU(),
        layers.Conv2DTranspose(3, 4, strides=2, padding="valid", output_padding=1, activation="tanh", name="up3")])


class Gate(layers.Layer):
    """Calls functions with weights of its own."""

    def build(self, shape):
        self.kernel = self.add_weight(shape=(3, shape[-1], 4))
        self.back = self.add_weight(shape=(4, 6, 4))

    def call(self, x):
        return ops.conv_transpose(ops.conv(x, self.kernel, strides=2, padding="same"), self.back, strides=3, output_padding=2)


def mixed():
    """One axis: causal, dilated, separable, depthwise, grouped and shared ones, a nested model, functions."""
    x = given = keras.Input((24, 6))
    x = layers.Conv1D(6, 3, padding="causal", dilation_rate=2, name="causal")(x)
    x = layers.SeparableConv1D(8, 4, strides=2, padding="same", depth_multiplier=2, name="apart")(x)
    x = layers.DepthwiseConv1D(3, depth_multiplier=2, padding="valid", name="deep")(x)
    shared = layers.Conv1D(16, 3, groups=4, padding="same", use_bias=False, name="shared")
    x = shared(shared(x))
    inside = keras.Input((None, 16))
    nested = keras.Model(inside, layers.Conv1D(6, 2, name="inner")(inside), name="nested")
    return keras.Model(given, Gate(name="gate")(nested(shared(layers.MaxPooling1D(2)(x)))))


class Subclassed(keras.Model):
    """Says no shape of its inputs; channels first."""

    def __init__(self):
        super().__init__()
        self.one = layers.Conv3D(4, (2, 3, 1), data_format="channels_first", name="one")
        self.two = layers.Conv3DTranspose(2, 2, strides=2, data_format="channels_first", name="two")

    def call(self, x):
        return self.two(self.one(x))


def nothing():
    return keras.Sequential([keras.Input((3,)), layers.Dense(2)])


def number():
    return 5


def fails():
    raise RuntimeError("no weights\nat all")
