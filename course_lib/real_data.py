"""Measured data: real flowers, tumours, patients and handwriting.

The tables are small and travel with the course, in ``measured/``, where a README names their sources and
licences; so they load without a network and without another package.
"""

from pathlib import Path
from typing import Any

import numpy as np

from course_lib.arguments import FloatArray
from course_lib.data import LabelledPoints, MeasuredPoints


def iris() -> LabelledPoints:
    """Load 150 iris flowers of three species, 50 of each, sorted by species.

    Returns
    -------
    inputs : ndarray of float64, shape (150, 4)
        Length and width of the sepal, length and width of the petal, in centimetres.
    targets : ndarray of int64, shape (150,)
        The species: 0 setosa, 1 versicolor, 2 virginica.

    References
    ----------
    R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7(2), 1936.

    Examples
    --------
    >>> inputs, targets = iris()
    >>> inputs.shape, np.bincount(targets).tolist()
    ((150, 4), [50, 50, 50])
    """
    return _classes("iris")


def breast_cancer() -> LabelledPoints:
    """Load 569 breast tumours: thirty features computed from pictures of cell nuclei, and the diagnosis.

    Returns
    -------
    inputs : ndarray of float64, shape (569, 30)
        Radius, texture, area and others, each in units of its own.
    targets : ndarray of int64, shape (569,)
        0 for malignant (212), 1 for benign (357).

    References
    ----------
    W. N. Street, W. H. Wolberg and O. L. Mangasarian, "Nuclear feature extraction for breast tumor
    diagnosis", Proceedings of SPIE 1905, 1993.

    Examples
    --------
    >>> inputs, targets = breast_cancer()
    >>> inputs.shape, np.bincount(targets).tolist()
    ((569, 30), [212, 357])
    """
    return _classes("breast_cancer")


def digits() -> LabelledPoints:
    """Load 1,797 handwritten digits as pictures of 8 by 8 pixels.

    The file keeps the digits of one writer together: neighbours look alike.

    Returns
    -------
    inputs : ndarray of float64, shape (1797, 64)
        The ink of each pixel, row after row, from 0 (none) to 1.
    targets : ndarray of int64, shape (1797,)
        The digit that was meant, 0 to 9.

    References
    ----------
    E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository,
    1998 (its test set).

    Examples
    --------
    >>> inputs, targets = digits()
    >>> inputs.shape, float(inputs.max()), targets[:5].tolist()
    ((1797, 64), 1.0, [0, 1, 2, 3, 4])
    """
    inputs, targets = _classes("digits")
    return inputs / 16, targets


def diabetes() -> MeasuredPoints:
    """Load 442 diabetes patients: ten measurements, and how far the disease had gone a year later.

    Returns
    -------
    inputs : ndarray of float64, shape (442, 10)
        Age in years, sex (1 or 2), body mass index, mean blood pressure and six blood values, in the units
        in which they were measured.
    targets : ndarray of float64, shape (442,)
        The measured progression, from 25 to 346.

    References
    ----------
    B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least angle regression", The Annals of Statistics
    32(2), 2004.

    Examples
    --------
    >>> inputs, targets = diabetes()
    >>> inputs.shape, float(targets.min()), float(targets.max())
    ((442, 10), 25.0, 346.0)
    """
    table = _table("diabetes")
    return table[:, :-1], table[:, -1]


def _classes(name: str) -> tuple[FloatArray, Any]:
    table = _table(name)
    return table[:, :-1], table[:, -1].astype(np.int64)


def _table(name: str) -> FloatArray:
    file = Path(__file__).with_name("measured") / f"{name}.csv.gz"
    return np.loadtxt(file, delimiter=",", dtype=np.float64)
