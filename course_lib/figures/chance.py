"""The figures' random numbers, drawn in Python: the same ones that the page draws."""

import math
from collections.abc import Callable
from itertools import pairwise

_WORD = 0xFFFFFFFF


def random_generator(seed: int) -> Callable[[], float]:
    """Return a function that draws numbers in [0, 1): the generator mulberry32.

    Parameters
    ----------
    seed : int
        The same seed draws the same numbers, here and in the page.

    Returns
    -------
    callable
        Draws the next number.

    References
    ----------
    T. Ettinger, "mulberry32", 2017, placed in the public domain.
    """
    state = seed & _WORD

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) & _WORD
        t = state
        t = ((t ^ (t >> 15)) * (t | 1)) & _WORD
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & _WORD)) & _WORD
        return (t ^ (t >> 14)) / 4294967296

    return draw


def epoch_order(seed: int, epoch: int, count: int) -> list[int]:
    """Return the order in which an epoch visits the examples, decided by seed and epoch alone.

    Parameters
    ----------
    seed, epoch : int
        The figure's seed, and the pass over the data counted from 0.
    count : int
        How many examples there are.

    Returns
    -------
    list of int
        Each number from 0 to ``count - 1`` once (the shuffle of Fisher and Yates).
    """
    random = random_generator(seed * 1000003 + epoch)
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = int(random() * (i + 1))
        order[i], order[j] = order[j], order[i]
    return order


def glorot_uniform(sizes: list[int], seed: int) -> list[float]:
    """Draw a network's start weights as the page does; biases are zero.

    Parameters
    ----------
    sizes : list of int
        Inputs, units of each layer.
    seed : int
        The figure's seed.

    Returns
    -------
    list of float
        Layer by layer: weights row by row, one row a unit, then biases.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    random = random_generator(seed * 7919 + 17)
    parameters: list[float] = []
    for inputs, units in pairwise(sizes):
        limit = math.sqrt(6 / (inputs + units))
        parameters += [(2 * random() - 1) * limit for _ in range(inputs * units)]
        parameters += [0.0] * units
    return parameters
