"""The real data sets: what scikit-learn ships, in the course's own shapes and scales."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets

from course_lib import real_data


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "digits", "diabetes"])
def test_a_set_is_complete_and_typed(name):
    inputs, targets = getattr(real_data, name)()
    assert inputs.dtype == np.float64
    assert targets.dtype == (np.float64 if name == "diabetes" else np.int64)
    assert len(inputs) == len(targets)
    assert np.isfinite(inputs).all()


def test_digits_are_the_published_pictures_with_ink_from_zero_to_one():
    inputs, targets = real_data.digits()
    published = datasets.load_digits()
    np.testing.assert_array_equal((inputs * 16).reshape(-1, 8, 8), published.images)
    np.testing.assert_array_equal(targets, published.target)
    assert inputs.min() == 0
    assert inputs.max() == 1


def test_diabetes_is_in_the_units_it_was_measured_in():
    inputs, _ = real_data.diabetes()
    assert inputs[:, 0].min() >= 18, "ages in years"
    assert set(inputs[:, 1]) == {1.0, 2.0}, "sex"


@pytest.mark.parametrize("name", ["iris", "breast_cancer", "digits", "diabetes"])
def test_a_set_is_scikit_learn_s_to_the_last_digit(name):
    options = {"scaled": False} if name == "diabetes" else {}
    published = getattr(datasets, f"load_{name}")(return_X_y=True, **options)
    inputs, targets = getattr(real_data, name)()
    np.testing.assert_array_equal(inputs * (16 if name == "digits" else 1), published[0])
    np.testing.assert_array_equal(targets, published[1])


def test_loading_a_set_does_not_import_scikit_learn():
    code = "import sys; from course_lib import real_data as r; r.digits(); print('sklearn' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"
