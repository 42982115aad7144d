"""Splits have nothing in common and lose nothing; accuracy and confusions agree with scikit-learn."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from course_lib.evaluation import accuracy, confusion_matrix, split

answers = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


@given(
    examples=st.integers(10, 500),
    first=st.floats(0.1, 0.5),
    second=st.floats(0.1, 0.3),
    seed=st.integers(0, 99),
)
def test_every_row_is_in_exactly_one_part(examples, first, second, seed):
    parts = split(examples, first, second, seed=seed)
    assert sorted(np.concatenate(parts)) == list(range(examples))
    assert abs(len(parts[0]) - examples * first) <= 0.5 + 1e-9


def test_the_seed_decides_the_order():
    assert split(50, 0.5)[0].tolist() == split(50, 0.5, seed=0)[0].tolist()
    assert split(50, 0.5, seed=1)[0].tolist() == split(50, 0.5, seed=1)[0].tolist()
    assert split(50, 0.5, seed=1)[0].tolist() != split(50, 0.5, seed=2)[0].tolist()
    assert split(4, 0.5, seed=None)[1].tolist() == [2, 3]


def test_without_shares_there_is_one_part():
    assert [part.tolist() for part in split(3, seed=None)] == [[0, 1, 2]]
    assert [part.tolist() for part in split(2, 0.5, seed=None)] == [[0], [1]]


@pytest.mark.parametrize("shares", [(1.0,), (0.0,), (0.6, 0.6), (-0.2,), (1.2,), (0.5, -0.2)])
def test_an_empty_part_is_refused(shares):
    message = (
        f"`shares` are {shares}, which leaves a part of the 10 rows empty; "
        "give shares above 0 that add up to less than 1."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        split(10, *shares)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: split(0, 0.5), "`examples` is 0"),
        (lambda: split(5.0, 0.5), "`examples` is 5.0"),
        (lambda: split(10, 0.5, np.nan), "`shares` is nan"),
        (lambda: accuracy([1, 0], [1]), "`targets` has shape (1,)"),
        (lambda: confusion_matrix([0], [0], classes=0), "`classes` is 0"),
        (lambda: confusion_matrix([0, 1], [1], classes=2), "`targets` has shape (1,)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()


@given(pairs=answers)
def test_accuracy_and_confusions_agree_with_scikit_learn(pairs):
    predictions, targets = np.array(pairs).T
    assert accuracy(predictions, targets) == pytest.approx(metrics.accuracy_score(targets, predictions))
    expected = metrics.confusion_matrix(targets, predictions, labels=range(5))
    np.testing.assert_array_equal(confusion_matrix(predictions, targets, classes=5), expected)


@pytest.mark.parametrize(
    ("name", "predictions", "targets"), [("predictions", [3], [0]), ("targets", [0], [-1])]
)
def test_an_unknown_class_is_named(name, predictions, targets):
    message = f"`{name}` holds something that is no class number from 0 to 2."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        confusion_matrix(predictions, targets, classes=3)


def test_confusions_are_counted_in_whole_numbers():
    assert confusion_matrix([0.0, 1.0], [0, 1], classes=2).dtype == np.int64
