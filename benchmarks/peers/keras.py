"""Keras 3, on the backend that the process's environment names."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from keras import layers, ops

from ..networks import BlogConv, Dense, Lstm, Task
from .trained import Trained


class Draw(layers.Layer):
    """A code drawn from its mean and log-variance in training, with its divergence as a loss; the mean otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = keras.random.SeedGenerator(0)

    def call(self, mean, log_variance, training=False):
        if not training:
            return mean
        divergence = -0.5 * ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), -1)
        self.add_loss(ops.mean(divergence))
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.seed)


def train(task: Task, X: np.ndarray, mark: Callable[[], None], seed: int) -> Trained:
    """Fit the model."""
    keras.utils.set_random_seed(seed)
    if isinstance(task.network, Lstm):
        model = _lstm(task.network)
    else:
        model = _blog() if isinstance(task.network, BlogConv) else _dense(task.network, "sigmoid" if task.binary else None)
    model.compile(keras.optimizers.Adam(1e-3), loss=_loss(task))
    ends = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: mark())
    model.fit(X, X, batch_size=task.batch, epochs=task.epochs, callbacks=[ends], verbose=0)
    return Trained(lambda rows: np.asarray(model.predict(rows, batch_size=1000, verbose=0)))


def encoder(network: Dense) -> Callable[[Path], np.ndarray]:
    """Return a function from a file of rows to their codes, by ``predict`` from a memory map."""
    *hidden, code = network.widths[1:]
    stack = [layers.Dense(width, network.activation) for width in hidden]
    model = keras.Sequential([keras.Input(network.widths[:1]), *stack, layers.Dense(code, network.code_activation)])
    return lambda path: np.asarray(model.predict(np.load(path, mmap_mode="r", allow_pickle=False), batch_size=4096, verbose=0))


def _loss(task: Task):
    """Return the loss; beside a divergence the cross-entropy is a row's sum, not the mean of its numbers."""
    if not task.binary:
        return "mse"
    if not task.network.variational:
        return "binary_crossentropy"
    return lambda x, r: task.network.widths[0] * keras.losses.binary_crossentropy(x, r)


def _dense(network: Dense, output: str | None) -> keras.Model:
    features, *hidden, code = network.widths
    h = given = keras.Input((features,))
    for width in hidden:
        h = layers.Dense(width, network.activation)(h)
    if network.variational:
        h = Draw()(layers.Dense(code)(h), layers.Dense(code)(h))
    else:
        h = layers.Dense(code, network.code_activation)(h)
    for width in reversed(hidden):
        h = layers.Dense(width, network.activation)(h)
    return keras.Model(given, layers.Dense(features, output)(h))


def _lstm(network: Lstm) -> keras.Model:
    given = keras.Input((network.steps,))
    code = layers.Dense(network.code)(layers.LSTM(network.hidden)(layers.Reshape((network.steps, 1))(given)))
    first = layers.Dense(network.hidden, "tanh")(code)
    states = layers.LSTM(network.hidden, return_sequences=True)(layers.RepeatVector(network.steps)(first),
                                                               initial_state=[first, ops.zeros_like(first)])  # fmt: skip
    return keras.Model(given, layers.Flatten()(layers.Dense(1)(states)))


def _blog() -> keras.Model:
    def conv(channels: int, padding: str = "same", activation: str = "relu") -> layers.Layer:
        return layers.Conv2D(channels, 3, activation=activation, padding=padding)

    def pool() -> layers.Layer:
        return layers.MaxPooling2D(2, padding="same")

    def up() -> layers.Layer:
        return layers.UpSampling2D(2)

    return keras.Sequential([
        keras.Input((784,)), layers.Reshape((28, 28, 1)), conv(16), pool(), conv(8), pool(), conv(8), pool(),
        conv(8), up(), conv(8), up(), conv(16, "valid"), up(), conv(1, activation="sigmoid"), layers.Flatten(),
    ])  # fmt: skip
