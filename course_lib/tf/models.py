"""The models that the TensorFlow chapters train: a line and a small network, as modules and with Keras.

All of them compute in float64, whatever Keras' own setting is, and all of their weights can be trained.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from course_lib import arguments
from course_lib.tf.quiet import tf


class LinearModel(tf.Module):
    """A line as a plain TensorFlow module: ``weight * inputs + bias``.

    Parameters
    ----------
    weight, bias : float
        Where the training starts. The guides' line starts at 5 and 0.

    Attributes
    ----------
    weight, bias : tf.Variable of float64, shape ()
        What training changes.

    References
    ----------
    The TensorFlow guides "Basic training loops" and "Custom training: basics".

    Examples
    --------
    >>> model = LinearModel()
    >>> model(3.0).numpy().item()
    15.0
    """

    def __init__(self, weight: float = 5.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = tf.Variable(weight, dtype=tf.float64, name="weight")
        self.bias = tf.Variable(bias, dtype=tf.float64, name="bias")

    def __call__(self, inputs: ArrayLike) -> tf.Tensor:
        """Predict one target for each input, in the shape of the inputs."""
        return self.weight * inputs + self.bias


class TensorFlowNetwork(tf.Module):
    """A network as a plain TensorFlow module: hidden layers with tanh, a last layer without.

    Parameters
    ----------
    start : sequence of array_like
        The weights to start from, layer by layer: (from, to), (to,), ... `course_lib.engines.start_weights`
        draws them.

    Attributes
    ----------
    weights : list of tf.Variable of float64
        What training changes, in the order of ``start``.

    Raises
    ------
    ValueError
        If an array is no matrix or vector of finite numbers, or there is not a pair for each layer.

    Examples
    --------
    >>> network = TensorFlowNetwork([[[5.0]], [0.0]])
    >>> network([[3.0]]).numpy().tolist()
    [[15.0]]
    """

    def __init__(self, start: Sequence[ArrayLike]) -> None:
        super().__init__()
        arrays = [arguments.numbers(f"start[{number}]", array) for number, array in enumerate(start)]
        if not arrays or len(arrays) % 2:
            raise ValueError(f"`start` has {len(arrays)} arrays; each layer needs two, weights and biases.")
        # Module collects variables in the order of their attribute's name and place in the list.
        self.weights = [tf.Variable(array, dtype=tf.float64) for array in arrays]

    def __call__(self, inputs: ArrayLike) -> tf.Tensor:
        """Predict one row of outputs for each row of inputs."""
        values = tf.convert_to_tensor(inputs, dtype=tf.float64)
        for matrix, biases in zip(self.weights[:-2:2], self.weights[1:-2:2], strict=True):
            values = tf.tanh(values @ matrix + biases)
        return values @ self.weights[-2] + self.weights[-1]


@tf.keras.utils.register_keras_serializable(package="course_lib")
class KerasLinearModel(tf.keras.Model):
    """A line as a Keras model, its variables made with ``add_weight`` so that Keras trains and saves them.

    A ``tf.Variable`` in a Keras 3 model is not tracked: ``fit`` would leave it alone and ``save`` would lose
    it, both without an error.

    Parameters
    ----------
    weight, bias : float
        Where the training starts.
    **settings
        What any Keras model takes, such as ``name``.

    Attributes
    ----------
    weight, bias : keras.Variable of float64, shape ()
        What training changes.

    Examples
    --------
    >>> model = KerasLinearModel()
    >>> len(model.trainable_variables)
    2
    """

    def __init__(self, weight: float = 5.0, bias: float = 0.0, **settings: Any) -> None:
        super().__init__(**{"dtype": "float64", **settings})
        self.start = {"weight": float(weight), "bias": float(bias)}
        self.weight = self._number("weight")
        self.bias = self._number("bias")
        self(np.zeros(1))  # tells Keras that the model is complete

    def _number(self, name: str) -> Any:
        start = tf.keras.initializers.Constant(self.start[name])
        return self.add_weight(shape=(), initializer=start, dtype="float64", name=name)

    def call(self, inputs: ArrayLike) -> tf.Tensor:
        """Predict one target for each input.

        Parameters
        ----------
        inputs : array_like
            Numbers of any shape.

        Returns
        -------
        tf.Tensor
            The predictions, in the same shape.
        """
        return self.weight * inputs + self.bias

    def get_config(self) -> dict[str, Any]:
        """Return what a ``.keras`` file needs to make the model again."""
        return {**super().get_config(), **self.start}


@tf.keras.utils.register_keras_serializable(package="course_lib")
class CurveModel(tf.keras.Model):
    """A Keras model of a curve y(x): one hidden layer of ReLU units, one output.

    Parameters
    ----------
    units : int
        How many hidden units.
    seed : int
        The same seed draws the same weights, from the standard normal distribution as the guide does.
    **settings
        What any Keras model takes, such as ``name``.

    Attributes
    ----------
    hidden, output_layer : keras.layers.Dense
        The two layers.

    Raises
    ------
    ValueError
        If the number of units is not above zero.

    References
    ----------
    The TensorFlow guide "TensorFlow basics".

    Examples
    --------
    >>> model = CurveModel(64)
    >>> model(np.zeros(3)).shape
    TensorShape([3])
    >>> model.count_params()
    193
    """

    def __init__(self, units: int = 64, seed: int = 0, **settings: Any) -> None:
        super().__init__(**{"dtype": "float64", **settings})
        self.start = {"units": arguments.whole("units", units), "seed": seed}
        # One seed for all three would draw the same numbers three times.
        normal = [tf.keras.initializers.RandomNormal(stddev=1.0, seed=3 * seed + place) for place in range(2)]
        glorot = tf.keras.initializers.GlorotUniform(seed=3 * seed + 2)
        self.hidden = tf.keras.layers.Dense(
            units, "relu", kernel_initializer=normal[0], bias_initializer=normal[1], dtype="float64"
        )
        self.output_layer = tf.keras.layers.Dense(1, kernel_initializer=glorot, dtype="float64")
        self(np.zeros(1))  # builds the layers: before its first call a Keras model has no variables

    def call(self, inputs: ArrayLike) -> tf.Tensor:
        """Predict one target for each input.

        Parameters
        ----------
        inputs : array_like, shape (examples,)
            The examples.

        Returns
        -------
        tf.Tensor, shape (examples,)
            The predictions.
        """
        column = tf.expand_dims(tf.convert_to_tensor(inputs), axis=1)
        return tf.squeeze(self.output_layer(self.hidden(column)), axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return what a ``.keras`` file needs to make the model again."""
        return {**super().get_config(), **self.start}
