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


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        real_data.iris()
    assert str(caught.value) == (
        "The real data sets come with scikit-learn, which is not installed here. "
        "Install it: pip install scikit-learn. (Colab has it already.)"
    )


def test_importing_the_module_does_not_import_scikit_learn():
    code = "import sys, course_lib.real_data; print('sklearn' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False"
